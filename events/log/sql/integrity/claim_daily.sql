-- One row where nobody has looked for $2 seconds whether the log is whole; then whoever asks has it to do.
insert into setting (name, value) values ($1, floor(extract(epoch from clock_timestamp()))::bigint::text)
    on conflict (name) do update set value = excluded.value
 where setting.value::bigint <= excluded.value::bigint - $2
returning value

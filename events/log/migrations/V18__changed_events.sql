-- An event stays as it was written. Where somebody changes or deletes one by hand, what was made of the log before is no longer good:
-- the history index of `bin/events` remembers this number, and is made anew where it has grown. That people's words are sealed or
-- erased changes no row that an index holds.
create function note_changed_events() returns trigger
language plpgsql set search_path from current as $$
begin
    insert into setting (name, value) values ('changed events', '1')
        on conflict (name) do update set value = (setting.value::bigint + 1)::text;
    return null;
end
$$;

create trigger changed_events
    after update of position, id, stream, version, kind, kind_version, actor, recipient, recorded_at, data
       or delete or truncate
    on event for each statement execute function note_changed_events();

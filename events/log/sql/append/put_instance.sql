insert into instance (id, state, seats, reference, host, port, position)
select id, state, seats, reference, host, port, real_position(position)
  from unnest($1, $2, $3, $4, $5, $6, $7) as new(id, state, seats, reference, host, port, position)
on conflict (id) do update
   set state = excluded.state, reference = excluded.reference, host = excluded.host, port = excluded.port

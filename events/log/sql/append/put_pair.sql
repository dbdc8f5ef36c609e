insert into pair (low, high, state, inviter, position)
select low, high, state, inviter, real_position(position) from unnest($1, $2, $3, $4, $5) as new(low, high, state, inviter, position)
on conflict (low, high) do update set state = excluded.state, inviter = excluded.inviter, position = excluded.position

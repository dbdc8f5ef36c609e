-- Inviters, oldest invite first, without those who block one; with where the session sits; at most so many.
select s.id is not null, t.instance_id, array(
    select a.name
      from (select inviter, position from pair where low = $2 and state = 'invited' and inviter <> $2
            union all
            select inviter, position from pair where high = $2 and state = 'invited' and inviter <> $2) as p
      join account a on a.id = p.inviter
     where not exists (select from block b where b.blocker = p.inviter and b.blocked = $2)
     order by p.position limit $3), false
  from (select $1::uuid as id) as wanted
  left join session s on s.id = wanted.id
  left join seat t on t.session_id = s.id

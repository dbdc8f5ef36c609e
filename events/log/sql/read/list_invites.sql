-- Inviters, oldest invite first, without those who block one, up to so many bytes; whether there are more. With where the session sits.
with item as (
    select a.name, sum(octet_length(a.name) + 3) over (order by p.position rows unbounded preceding) as bytes
      from (select inviter, position from pair where low = $2 and state = 'invited' and inviter <> $2
            union all
            select inviter, position from pair where high = $2 and state = 'invited' and inviter <> $2) as p
      join account a on a.id = p.inviter
     where not exists (select from block b where b.blocker = p.inviter and b.blocked = $2))
select s.id is not null, t.instance_id,
       array(select name from item where bytes <= $3 order by bytes), exists (select from item where bytes > $3)
  from (select $1::uuid as id) as wanted
  left join session s on s.id = wanted.id
  left join seat t on t.session_id = s.id

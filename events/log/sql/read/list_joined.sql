-- The groups one is in, in the order one joined; at most so many.
select s.id is not null, t.instance_id, array(
    select g.name from membership m join groups g on g.id = m.group_id where m.account_id = $2 order by m.position limit $3), false
  from (select $1::uuid as id) as wanted
  left join session s on s.id = wanted.id
  left join seat t on t.session_id = s.id

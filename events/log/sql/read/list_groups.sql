-- All groups, oldest first; at most so many.
select s.id is not null, t.instance_id, array(select name from groups order by position limit $3), false
  from (select $1::uuid as id, $2::uuid as account) as wanted
  left join session s on s.id = wanted.id
  left join seat t on t.session_id = s.id

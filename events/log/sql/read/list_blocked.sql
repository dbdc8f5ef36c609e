-- Whom one blocks, oldest block first; at most so many.
select s.id is not null, t.instance_id, array(
    select a.name from block b join account a on a.id = b.blocked where b.blocker = $2 order by b.position limit $3), false
  from (select $1::uuid as id) as wanted
  left join session s on s.id = wanted.id
  left join seat t on t.session_id = s.id

select s.session_id, s.account_id, a.name, s.instance_id
  from seat s
  join account a on a.id = s.account_id
  left join presence p on p.session_id = s.session_id
 where s.instance_id = $1
 order by p.last_seen desc nulls last, s.number

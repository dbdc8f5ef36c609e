select s.id, s.account_id, a.name, k.position
  from session s join account a on a.id = s.account_id join presence p on p.session_id = s.id
  left join acknowledged k on k.session_id = s.id
 where p.last_seen < to_timestamp($2) - make_interval(secs => $1)
 limit 1000

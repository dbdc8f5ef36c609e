select s.session_id, s.account_id, a.name, s.instance_id
  from seat s
  join account a on a.id = s.account_id
  join presence p on p.session_id = s.session_id
 where p.last_seen < to_timestamp($2) - make_interval(secs => $1)

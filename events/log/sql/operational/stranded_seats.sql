select s.session_id, s.account_id, a.name, s.instance_id
  from seat s
  join account a on a.id = s.account_id
  join instance i on i.id = s.instance_id
 where i.state in ('lost', 'terminated')

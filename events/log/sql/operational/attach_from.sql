select greatest(s.position, coalesce(a.position, 0))
  from session s left join acknowledged a on a.session_id = s.id where s.id = $1

-- Whose a session is and what its token's hash is; also for a while after its end. A deleted account has no name.
select s.account_id, s.token_hash, coalesce(a.name, '')
  from session_secret s
  left join account a on a.id = s.account_id
 where s.session_id = $1

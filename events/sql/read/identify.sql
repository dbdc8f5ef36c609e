-- Whose a session is and what its token's hash is; also for a while after its end. The name is the log's, so that a
-- deleted account's is known too.
select s.account_id, s.token_hash, coalesce(e.personal ->> 'name', '')
  from session_secret s
  join event e on e.stream = s.account_id and e.version = 1
 where s.session_id = $1

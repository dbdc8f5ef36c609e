insert into session_secret (session_id, account_id, token_hash) values ($1, $2, $3)

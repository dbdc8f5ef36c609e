delete from session where account_id = any($1)

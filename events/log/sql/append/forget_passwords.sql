delete from password where account_id = any($1)

delete from membership where account_id = any($1)

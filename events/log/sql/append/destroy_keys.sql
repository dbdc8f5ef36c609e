delete from tenfold_keys.account where account_id = any($1)

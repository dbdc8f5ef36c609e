delete from account where id = any($1)

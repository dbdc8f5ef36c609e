delete from post where author = any($1)

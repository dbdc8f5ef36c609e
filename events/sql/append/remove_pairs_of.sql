delete from pair where low = any($1) or high = any($1)

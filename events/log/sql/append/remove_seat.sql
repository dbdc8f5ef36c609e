delete from seat where session_id = any($1)

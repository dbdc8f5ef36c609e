-- Removes the operational rows of sessions that ended; the secret stays a while, to know commands sent again.
with gone as (delete from presence where session_id = any($1)),
     forgotten as (delete from acknowledged where session_id = any($1))
update session_secret set ended_at = now() where session_id = any($1)

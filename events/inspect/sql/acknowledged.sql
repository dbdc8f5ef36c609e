-- Up to where a live session has acknowledged what it was shown.
select position from acknowledged where session_id = $1

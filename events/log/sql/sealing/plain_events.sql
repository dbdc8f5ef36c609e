select position, id, stream, kind, personal::text from event where personal is not null
 order by position limit $1 for update

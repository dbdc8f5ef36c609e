update event e set sealed = new.sealed, personal = null
  from unnest($1::bigint[], $2::bytea[]) as new(position, sealed) where e.position = new.position

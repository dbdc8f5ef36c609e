-- What commands of these ids have caused.
select command_id, digest, position, kind, kind_version, data::text, personal::text
  from event
 where command_id = any($1)
 order by command_id, ordinal

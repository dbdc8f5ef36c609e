-- What commands of these ids have caused.
select e.command_id, e.digest, e.position, e.kind, e.kind_version, e.data::text, e.personal::text, e.sealed, e.id, e.stream,
       k.wrapped
  from event e
  left join tenfold_keys.account k on k.account_id = e.stream
 where e.command_id = any($1)
 order by e.command_id, e.ordinal

-- The application servers that live (where $1) and those named ($2), with their taken seats and their stream's version.
select i.id, i.state, i.seats, i.reference, i.host, i.port, i.position,
       array(select t.number from seat t where t.instance_id = i.id),
       coalesce((select max(e.version) from event e where e.stream = i.id), 0)
  from instance i
 where i.id in (select id from instance where $1 and state in ('requested', 'launched', 'ready', 'draining')
                union select unnest($2))

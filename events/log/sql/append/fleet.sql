-- The application servers that live (where $1) and those named ($2), with their taken seats, and the version and the tag of their stream's last event.
select i.id, i.state, i.seats, i.reference, i.host, i.port, i.position,
       array(select t.number from seat t where t.instance_id = i.id),
       coalesce(last.version, 0), last.tag
  from instance i
  left join lateral (select e.version, substr(e.mac, 1, 16) as tag from event e
                      where e.stream = i.id order by e.version desc limit 1) as last on true
 where i.id in (select id from instance where $1 and state in ('requested', 'launched', 'ready', 'draining')
                union select unnest($2))

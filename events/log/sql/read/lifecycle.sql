-- What happened to instances, in order. The condition is that of the partial index event_lifecycle.
select e.position, e.id, e.version, e.kind, e.kind_version, e.command_id, e.ordinal, e.actor, e.recorded_at,
       e.data::text, e.personal::text
  from event e
 where e.kind in ('InstanceRequested', 'InstanceLaunched', 'InstanceReady', 'InstanceDraining', 'InstanceTerminated',
                  'InstanceLost')
   and e.position > $1 and e.position <= $2
 order by e.position limit $3

with written as (select distinct recipient from event
                  where stream = $1 and kind in ('MessageSent', 'GroupMessageSent')),
     seated as (select t.instance_id from written w join seat t on t.account_id = w.recipient
                union
                select t.instance_id from written w join membership m on m.group_id = w.recipient
                                                    join seat t on t.account_id = m.account_id)
select i.id, (select last_value from event_position),
       pg_notify('tenfold_d_' || replace(i.id::text, '-', ''), '')::text
  from instance i join instance_lease l on l.instance_id = i.id
 where i.id in (select instance_id from seated) and i.state in ('ready', 'draining')

-- Rows of the projections whose event is not in the log, though the sequence has given its position.
select made.position, made.noun
  from (select 'account' as noun, position from account union all select 'session', position from session
        union all select 'pair', position from pair union all select 'post', position from post
        union all select 'groups', position from groups union all select 'membership', position from membership
        union all select 'instance', position from instance) as made
 where made.position <= (select last_value from event_position)
   and not exists (select from event where event.position = made.position)
 order by made.position limit 100

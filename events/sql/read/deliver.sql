-- What is for each session ($1, of the account beside it, $2) after its cursor ($3): at most $4 for each, oldest first.
-- A group's message is for those who were members, and whose session lived, at its position. The sender's name is the
-- log's, so that a message from somebody who is deleted by now still says from whom.
select wanted.session, e.position, e.kind, e.kind_version, e.data::text, e.personal::text,
       (select n.personal ->> 'name' from event n where n.stream = e.actor and n.version = 1),
       e.group_name
  from unnest($1, $2, $3) as wanted(session, account, cursor)
  -- Nothing from before the session. One that is over has no row any more; it is told what is after its cursor, up to
  -- its end, where whoever reads this stops.
  left join session s on s.id = wanted.session
  cross join lateral (
      (select d.position, d.kind, d.kind_version, d.data, d.personal, d.actor, null::text as group_name
         from event d
        where d.recipient = wanted.account and d.position > greatest(wanted.cursor, s.position)
        order by d.position limit $4)
      union all
      (select d.position, d.kind, d.kind_version, d.data, d.personal, d.actor, g.name
         from (select group_id, position from membership where account_id = wanted.account
               union all
               -- A deleted account is in no group any more, but was.
               select (j.data ->> 'group')::uuid, j.position
                 from event j
                where s.id is null and j.stream = wanted.account and j.kind in ('GroupCreated', 'GroupJoined')
                  and not exists (select from account where id = wanted.account)) as m
         join groups g on g.id = m.group_id
         join event d on d.recipient = m.group_id and d.position > greatest(wanted.cursor, s.position, m.position)
        order by d.position limit $4)
      order by 1 limit $4) as e
 order by wanted.session, e.position

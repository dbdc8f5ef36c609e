-- What is for each session ($1, of the account beside it, $2) after its cursor ($3): at most $4 for each, oldest first.
-- A group's message is for those who were members, whose session lived, and who did not block its sender, at its position. Where the sender is deleted,
-- there is neither a key to open the words nor a name.
-- Of the events at the positions in $5, which the caller has already, only the recipients are read.
select wanted.session, e.position, e.kind, e.kind_version,
       case when e.position = any($5) then null else e.data::text end,
       case when e.position = any($5) then null else e.personal::text end,
       case when e.position = any($5) then null else (select a.name from account a where a.id = e.stream) end,
       e.group_name,
       case when e.position = any($5) then null else e.sealed end,
       e.id, e.stream,
       case when e.position = any($5) then null
            else (select k.wrapped from tenfold_keys.account k where k.account_id = e.stream) end
  from unnest($1, $2, $3) as wanted(session, account, cursor)
  -- Nothing from before the session. One that is over has no row any more; it is read from its cursor on, up to
  -- its end, where whoever reads this stops.
  left join session s on s.id = wanted.session
  -- Each recipient's are read along the index on (recipient, position), as many as are wanted. That is why the pair is
  -- compared and ordered by: with `recipient =`, a plan may believe that walking along the whole log is quicker.
  cross join lateral (
      (select d.position, d.kind, d.kind_version, d.data, d.personal, d.sealed, d.id, d.stream, null::text as group_name
         from event d
        where d.recipient is not null
          and (d.recipient, d.position) > (wanted.account, greatest(wanted.cursor, s.position))
          and (d.recipient, d.position) <= (wanted.account, 9223372036854775807)
        order by d.recipient, d.position limit $4)
      union all
      (select d.position, d.kind, d.kind_version, d.data, d.personal, d.sealed, d.id, d.stream, g.name
         from (select group_id, position from membership where account_id = wanted.account
               union all
               -- A deleted account is in no group any more, but was.
               -- What is no id must not end the whole statement, for it is about other people too.
               select case when j.data ->> 'group' ~ '^[0-9a-f-]{36}$' then (j.data ->> 'group')::uuid end, j.position
                 from event j
                where s.id is null and j.stream = wanted.account and j.kind in ('GroupCreated', 'GroupJoined')
                  and not exists (select from account where id = wanted.account)) as m
         join groups g on g.id = m.group_id
        cross join lateral (
              select t.position, t.kind, t.kind_version, t.data, t.personal, t.sealed, t.id, t.stream
                from event t
               where t.recipient is not null
                 and (t.recipient, t.position) > (m.group_id, greatest(wanted.cursor, s.position, m.position))
                 and (t.recipient, t.position) <= (m.group_id, 9223372036854775807)
                 and coalesce((select b.kind = 'Unblocked' from event b
                                where b.stream = wanted.account and b.kind in ('Blocked', 'Unblocked')
                                  and b.data ->> 'whom' = t.stream::text and b.position < t.position
                                order by b.position desc limit 1), true)
               order by t.recipient, t.position limit $4) as d)
      order by 1 limit $4) as e
 order by wanted.session, e.position

-- Where the log cannot be as servers wrote it, and why; what shows it is in the log's own columns and in the rows that its events made.
with named as (
    select position, stream, version, actor, recorded_at, personal is not null as is_plain,
           lag(version, 1, 0::bigint) over by_version as version_before,
           lag(recorded_at) over by_version as recorded_before,
           lag(position) over by_version as position_before,
           case kind when 'MessageSent' then data ->> 'to' when 'GroupMessageSent' then data ->> 'group' end as addressed,
           recipient
      from event
    window by_version as (partition by stream order by version)
)
select position, what from (
    select position, case
           when version <> version_before + 1 then format(
               'events of its stream %s are missing before it, or its version was altered: version %s follows version %s',
               stream, version, version_before)
           when position < position_before then format(
               'it is out of order: the version before it in its stream %s stands behind it', stream)
           -- A clock that is set back a little is no forgery.
           when recorded_at < recorded_before - interval '5 seconds' then format(
               'its time was altered, or that of the event before it in its stream %s: time runs backwards there', stream)
           when actor <> stream then format('its actor %s was altered: it is in the stream of %s', actor, stream)
           when addressed <> recipient::text then 'it was altered: its recipient is not the one in its fields'
           when is_plain and position > (select min(position) from event where sealed is not null) then
               'it was forged: what a person wrote stands there in plain text, which no server writes'
           when position > (select case when is_called then last_value else 0 end from event_position) then
               'it was forged: the sequence has not given its position yet'
           end as what
      from named
    union all
    select made.position, format('the event that made a row of %s is missing', made.noun)
      from (select 'account' as noun, position from account union all select 'session', position from session
            union all select 'pair', position from pair union all select 'post', position from post
            union all select 'groups', position from groups union all select 'membership', position from membership
            union all select 'instance', position from instance) as made
     where made.position <= (select last_value from event_position)
       and not exists (select from event where event.position = made.position)
) as found where what is not null order by position limit 100

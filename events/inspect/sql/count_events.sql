-- How many events of a part of the log (behind $2, up to $3) there are by $1 (type, code or actor), in each interval of $4 seconds,
-- counted from 1970 by a clock that is $10 seconds ahead of UTC. Of whatever else is given all must fit: the kinds $5, the stream $6, the command $7, the actors $8, the
-- positions $9.
select case $1::text when 'type' then kind when 'code' then data ->> 'code' else actor::text end as key,
       floor((extract(epoch from recorded_at) + $10::bigint) / $4::bigint)::bigint as interval,
       count(*) as events
  from event
 where position > $2 and position <= $3
   and ($1::text <> 'code' or kind = 'CommandRefused')
   and ($5::text[] is null or kind = any($5))
   and ($6::uuid is null or stream = $6)
   and ($7::uuid is null or command_id = $7)
   and ($8::uuid[] is null or actor = any($8))
   and ($9::bigint[] is null or position = any($9))
 group by 1, 2

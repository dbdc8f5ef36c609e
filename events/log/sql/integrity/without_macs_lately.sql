-- Whether a server that makes no MACs has appended anything in the last minutes.
select exists (select from (select recorded_at, mac from event order by position desc limit 1000) as latest
                where mac is null and recorded_at > clock_timestamp() - interval '10 minutes')

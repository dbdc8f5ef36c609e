insert into acknowledged as known (session_id, position)
select s.id, max(shown.position)
  from unnest($1::uuid[], $2::bigint[]) as shown (session_id, position)
  join session s on s.id = shown.session_id
 group by s.id order by s.id
on conflict (session_id) do update set position = excluded.position where known.position < excluded.position

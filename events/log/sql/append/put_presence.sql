-- Sessions that were just opened or seated count as seen.
insert into presence (session_id, last_seen) select unnest($1), now()
on conflict (session_id) do update set last_seen = excluded.last_seen

-- Leaves out as many positions as nobody can have appended since a backup was made or a standby fell behind.
select setval('event_position', greatest(last_value, (select coalesce(max(position), 0) from event)) + $1::bigint) from event_position

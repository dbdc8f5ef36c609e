with known as (select state from instance where id = $1),
renewed as (
    insert into instance_lease as lease (instance_id, host, port, heartbeat_at, notice)
        select $1, $2, $3, now(), $5
         where not exists (select from known where state in ('terminated', 'lost'))
        on conflict (instance_id) do update
            set host = excluded.host, port = excluded.port, heartbeat_at = excluded.heartbeat_at, notice = excluded.notice),
here as (select session_id from presence where session_id = any($4) for update skip locked),
seen as (update presence set last_seen = now() where session_id in (select session_id from here))
select (select state from known)

-- A server that listens on every address is reached at the one from which it reaches the database.
with renewed as (
    insert into login_server (id, host, port)
    select $1, coalesce($2, (select host(address) from inet_client_addr() address
                              where not address <<= '127.0.0.0/8' and address <> '::1')), $3
    on conflict (id) do update set host = excluded.host, port = excluded.port, seen_at = clock_timestamp()
)
select host, port from login_server where id <> $1 and seen_at > clock_timestamp() - interval '10 seconds' order by id

with enrolled as (
    insert into waiting_login (id, login_server) values ($1, $2)
    on conflict (id) do update set login_server = excluded.login_server, renewed_at = clock_timestamp()
    returning id)
select pg_notify('tenfold_fleet', '') from enrolled

with gone as (delete from waiting_login where login_server = $1 and id = any ($3))
insert into waiting_login (id, login_server) select id, $1 from unnest($2::uuid[]) as id
on conflict (id) do update set login_server = excluded.login_server, renewed_at = clock_timestamp()

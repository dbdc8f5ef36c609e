insert into launch_trouble (reason) values ($1)
on conflict (only_one) do update set reason = excluded.reason, since = clock_timestamp()

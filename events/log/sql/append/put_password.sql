insert into password (account_id, hash) values ($1, $2)
on conflict (account_id) do update set hash = excluded.hash

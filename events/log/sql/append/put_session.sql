insert into session (id, account_id, position) select id, account, real_position(position) from unnest($1, $2, $3) as new(id, account, position)

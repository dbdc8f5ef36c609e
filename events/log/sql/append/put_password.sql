insert into password (account_id, hash) values ($1, $2)

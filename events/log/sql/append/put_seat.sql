insert into seat (session_id, account_id, instance_id, number, seats) select * from unnest($1, $2, $3, $4, $5)

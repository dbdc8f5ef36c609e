insert into tenfold_keys.account (account_id, wrapped) select * from unnest($1, $2)

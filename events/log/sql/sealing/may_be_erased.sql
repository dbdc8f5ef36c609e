-- Whose names or texts a sandbox may hold, and whether it has a key of theirs.
select of.id, k.account_id is not null
  from (select account_id as id from tenfold_keys.account union select id from account
        union select stream from event where personal is not null) as of
  left join tenfold_keys.account k on k.account_id = of.id

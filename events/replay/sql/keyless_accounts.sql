select a.id from unnest($1::uuid[]) as a(id)
 where not exists (select from event where stream = a.id and kind = 'AccountDeleted')
   and not exists (select from tenfold_keys.account where account_id = a.id)
 order by a.id

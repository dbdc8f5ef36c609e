select a.id from unnest($1::uuid[]) as a(id) cross join lateral
       (select kind from event where stream = a.id order by version desc limit 1) as last
 where last.kind = 'AccountDeleted'

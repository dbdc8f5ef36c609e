select k.account_id, k.wrapped from tenfold_keys.account k where k.account_id in
(select e.stream from event e
  where e.position > $1 and e.position <= $2 and e.sealed is not null)

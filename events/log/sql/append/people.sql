-- Accounts by id ($1) or by name ($2), with session, seat, the version of their stream, and their key.
select a.id, a.name, a.position,
       s.id, s.account_id, s.position,
       t.session_id, t.account_id, t.instance_id, t.number, t.seats,
       coalesce((select max(e.version) from event e where e.stream = a.id), 0),
       k.wrapped
  from (select id from account where id = any($1) union select id from account where name = any($2)) as wanted
  join account a on a.id = wanted.id
  left join session s on s.account_id = a.id
  left join seat t on t.session_id = s.id
  left join tenfold_keys.account k on k.account_id = a.id

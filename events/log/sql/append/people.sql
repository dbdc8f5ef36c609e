-- Accounts by id ($1), by name ($2) or by what the name looks like ($3), with session, seat, the version and the tag of their stream's last event, and their key.
select a.id, a.name, a.position, a.look,
       s.id, s.account_id, s.position,
       t.session_id, t.account_id, t.instance_id, t.number, t.seats,
       coalesce(last.version, 0), last.tag,
       k.wrapped
  from (select id from account where id = any($1) union select id from account where name = any($2)
        union select id from account where look = any($3)) as wanted
  join account a on a.id = wanted.id
  left join session s on s.account_id = a.id
  left join seat t on t.session_id = s.id
  left join tenfold_keys.account k on k.account_id = a.id
  left join lateral (select e.version, substr(e.mac, 1, 16) as tag from event e
                      where e.stream = a.id order by e.version desc limit 1) as last on true

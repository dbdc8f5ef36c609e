-- What each account ($1) and the one of the name beside it ($2) are to each other, and whether one of them blocks the other.
select p.low, p.high, p.state, p.inviter, p.position,
       b.blocker, b.blocked, b.position
  from unnest($1, $2) as wanted(account, name)
  join account other on other.name = wanted.name
  left join pair p on p.low = least(wanted.account, other.id) and p.high = greatest(wanted.account, other.id)
  left join lateral (select * from block where blocker = wanted.account and blocked = other.id
                     union all
                     select * from block where blocker = other.id and blocked = wanted.account limit 1) as b on true

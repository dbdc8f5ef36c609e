-- What each account ($1) and the one of the name beside it ($2) are to each other.
select p.low, p.high, p.state, p.inviter, p.position
  from unnest($1, $2) as wanted(account, name)
  join account other on other.name = wanted.name
  join pair p on p.low = least(wanted.account, other.id) and p.high = greatest(wanted.account, other.id)

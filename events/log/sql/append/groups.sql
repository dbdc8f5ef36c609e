-- Groups by name ($1) or by what the name looks like ($4), and which of the accounts ($2) are in the group of the name beside it ($3).
select g.id, g.name, g.position, g.look, m.group_id, m.account_id, m.position
  from groups g
  left join unnest($2, $3) as wanted(account, name) on wanted.name = g.name
  left join membership m on m.group_id = g.id and m.account_id = wanted.account
 where g.name = any($1) or g.look = any($4)

-- The groups one is in, in the order one joined, up to so many bytes; whether there are more.
with item as (
    select g.name, sum(octet_length(g.name) + 3) over (order by m.position rows unbounded preceding) as bytes
      from membership m join groups g on g.id = m.group_id
     where m.account_id = $2)
select s.id is not null, t.instance_id,
       array(select name from item where bytes <= $3 order by bytes), exists (select from item where bytes > $3)
  from (select $1::uuid as id) as wanted
  left join session s on s.id = wanted.id
  left join seat t on t.session_id = s.id

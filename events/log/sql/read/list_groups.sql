-- All groups, oldest first, up to so many bytes; whether there are more.
with item as (select name, sum(octet_length(name) + 3) over (order by position rows unbounded preceding) as bytes from groups)
select s.id is not null, t.instance_id,
       array(select name from item where bytes <= $3 order by bytes), exists (select from item where bytes > $3)
  from (select $1::uuid as id, $2::uuid as account) as wanted
  left join session s on s.id = wanted.id
  left join seat t on t.session_id = s.id

-- Whom one blocks, oldest block first, up to so many bytes; whether there are more.
with item as (
    select a.name, sum(octet_length(a.name) + 3) over (order by b.position rows unbounded preceding) as bytes
      from block b join account a on a.id = b.blocked
     where b.blocker = $2)
select s.id is not null, t.instance_id,
       array(select name from item where bytes <= $3 order by bytes), exists (select from item where bytes > $3)
  from (select $1::uuid as id) as wanted
  left join session s on s.id = wanted.id
  left join seat t on t.session_id = s.id

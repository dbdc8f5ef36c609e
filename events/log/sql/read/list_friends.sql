-- First the friends whose invite one accepted, then those who accepted one's own; each oldest first. Up to so many bytes; whether there are more.
with item as (
    select a.name, sum(octet_length(a.name) + 3) over (order by p.inviter = $2, p.position rows unbounded preceding) as bytes
      from (select high as friend, inviter, position from pair where low = $2 and state = 'friends'
            union all
            select low, inviter, position from pair where high = $2 and state = 'friends') as p
      join account a on a.id = p.friend)
select s.id is not null, t.instance_id,
       array(select name from item where bytes <= $3 order by bytes), exists (select from item where bytes > $3)
  from (select $1::uuid as id) as wanted
  left join session s on s.id = wanted.id
  left join seat t on t.session_id = s.id

-- The posts of one's friends, friend by friend in the order of list-friend, each one's oldest first: author and text
-- by turns in one array. Up to so many bytes; whether there are more.
with item as (
    select a.name, o.text,
           sum(octet_length(a.name) + octet_length(o.text) + 22)
               over (order by p.inviter = $2, p.position, o.position rows unbounded preceding) as bytes
      from (select high as friend, inviter, position from pair where low = $2 and state = 'friends'
            union all
            select low, inviter, position from pair where high = $2 and state = 'friends') as p
      join account a on a.id = p.friend
      join post o on o.author = p.friend)
select s.id is not null, t.instance_id,
       array(
           select part.value
             from item
            cross join lateral (values (1, item.name), (2, item.text)) as part(turn, value)
            where item.bytes <= $3
            order by item.bytes, part.turn),
       exists (select from item where bytes > $3)
  from (select $1::uuid as id) as wanted
  left join session s on s.id = wanted.id
  left join seat t on t.session_id = s.id

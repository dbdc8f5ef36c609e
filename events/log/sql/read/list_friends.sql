-- First the friends whose invite one accepted, then those who accepted one's own; each oldest first; at most so many.
select s.id is not null, t.instance_id, array(
    select a.name
      from (select high as friend, inviter, position from pair where low = $2 and state = 'friends'
            union all
            select low, inviter, position from pair where high = $2 and state = 'friends') as p
      join account a on a.id = p.friend
     order by p.inviter = $2, p.position limit $3), false
  from (select $1::uuid as id) as wanted
  left join session s on s.id = wanted.id
  left join seat t on t.session_id = s.id

-- The posts of one's friends, friend by friend in the order of list-friend, each one's oldest first: author and text
-- by turns in one array.
select s.id is not null, t.instance_id, array(
    select part.value
      from (select a.name, o.text, row_number() over (order by p.inviter = $2, p.position, o.position) as line_number
              from (select high as friend, inviter, position from pair where low = $2 and state = 'friends'
                    union all
                    select low, inviter, position from pair where high = $2 and state = 'friends') as p
              join account a on a.id = p.friend
              join post o on o.author = p.friend) as line
     cross join lateral (values (1, line.name), (2, line.text)) as part(turn, value)
     order by line.line_number, part.turn)
  from (select $1::uuid as id) as wanted
  left join session s on s.id = wanted.id
  left join seat t on t.session_id = s.id

-- The first $3 events above position $1 and not above $2: how many, how many of them with a MAC, the last one's position, and their digest.
select count(*), count(mac), max(position),
       sha256(coalesce(string_agg(int8send(position) || mac, ''::bytea order by position), ''::bytea))
  from (select position, mac from event where position > $1 and position <= $2 order by position limit $3) as part

insert into groups (id, name, position) select id, name, real_position(position) from unnest($1, $2, $3) as new(id, name, position)

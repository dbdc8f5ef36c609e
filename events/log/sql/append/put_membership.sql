insert into membership (group_id, account_id, position)
select group_id, account_id, real_position(position) from unnest($1, $2, $3) as new(group_id, account_id, position)

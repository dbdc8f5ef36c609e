-- Wakes the application servers where those sit who are accounts ($1), or members of groups ($1), the servers named
-- ($2), and, where $3, the login servers.
select pg_notify(channel, '') from (
    select 'tenfold_i_' || replace(instance_id::text, '-', '') as channel from (
        select instance_id from seat where account_id = any($1)
        union select t.instance_id from membership m join seat t on t.account_id = m.account_id where m.group_id = any($1)
        union select unnest($2)) as servers
    union all select 'tenfold_fleet' where $3) as channels

-- Where those sit who are accounts ($1), or members of groups ($1); and how the accounts ($2) and groups ($1) are called.
select t.account_id as id, t.instance_id as instance, null::text as name from seat t where t.account_id = any($1)
union
select m.group_id, t.instance_id, null from membership m join seat t on t.account_id = m.account_id where m.group_id = any($1)
union all
select a.id, null, a.name from account a where a.id = any($2)
union all
select g.id, null, g.name from groups g where g.id = any($1)

-- What already has a name that the migrations are about to give: $1 relations (and their row types), $2 functions, $3 schemas.
select case c.relkind when 'r' then 'table' when 'p' then 'table' when 'i' then 'index' when 'I' then 'index'
                      when 'S' then 'sequence' when 'v' then 'view' when 'm' then 'view' else 'relation' end || ' ' || c.relname
  from pg_class c where c.relnamespace = current_schema()::regnamespace and c.relname = any($1)
union all
-- Those of relations are among the relations.
select 'type ' || t.typname
  from pg_type t where t.typnamespace = current_schema()::regnamespace and t.typname = any($1) and t.typrelid = 0
union all
select 'function ' || p.oid::regprocedure
  from pg_proc p where p.pronamespace = current_schema()::regnamespace and p.proname = any($2)
union all
select 'schema ' || n.nspname from pg_namespace n where n.nspname = any($3)

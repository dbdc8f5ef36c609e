-- What the superuser of initdb made in a database becomes the owner's. (REASSIGN OWNED does not do it for that role.)
do $$
declare
    statement text;
begin
    for statement in
        select format('alter database %I owner to tenfold', datname) from pg_database
         where datname = current_database() and datname <> 'postgres' and datdba = 10
        union all
        select format('alter schema %I owner to tenfold', nspname) from pg_namespace
         where nspowner = 10 and nspname !~ '^pg_' and nspname <> 'information_schema'
        union all
        -- A sequence of a column goes with its table.
        select format('alter %s %s owner to tenfold',
                      case c.relkind when 'S' then 'sequence' when 'v' then 'view' when 'm' then 'materialized view' else 'table' end,
                      c.oid::regclass)
          from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where c.relowner = 10 and c.relkind in ('r', 'p', 'S', 'v', 'm') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
           and not exists (select from pg_depend d where d.objid = c.oid and d.deptype in ('a', 'i') and d.classid = 'pg_class'::regclass
                                                    and d.refclassid = 'pg_class'::regclass)
        union all
        select format('alter routine %s owner to tenfold', p.oid::regprocedure)
          from pg_proc p join pg_namespace n on n.oid = p.pronamespace
         where p.proowner = 10 and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    loop
        execute statement;
    end loop;
end
$$

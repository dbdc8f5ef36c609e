-- The statements that give the tables in schema $2 what the live ones ($1) have beside columns, defaults, constraints and indexes: owner, rights, row
-- security, storage, replica identity ($3: where the indexes are made), comments. In the order in which they are to be carried out.
with pair as (
    select l.oid as live, l, s.oid as shadow, s, format('%I.%I', $2::text, l.relname) as name
      from unnest($1::text[]) as given
      join pg_class l on l.oid = to_regclass(given)
      join pg_class s on s.oid = to_regclass(format('%I.%I', $2::text, l.relname))
), rights as (
    select p.*, (p.l).relacl is not null or (p.s).relacl is not null as differ from pair p
), statements(stage, statement) as (
    select 1, format('alter table %s set unlogged', name) from pair where (l).relpersistence = 'u' and (s).relpersistence = 'p' and not $3
    union all
    select 1, format('alter table %s set tablespace %I', name, t.spcname)
      from pair join pg_tablespace t on t.oid = (l).reltablespace where (s).reltablespace <> (l).reltablespace and not $3
    union all
    select 1, format('alter table %s set (%s)', name, array_to_string((l).reloptions, ', ')) from pair where (l).reloptions is not null
    union all
    select 1, format('alter table %s set (%s)', name,
                     (select string_agg('toast.' || option, ', ') from unnest(toast.reloptions) as option))
      from pair join pg_class toast on toast.oid = (l).reltoastrelid where toast.reloptions is not null
    union all
    select 1, format('alter table %s alter column %I set (%s)', name, a.attname, array_to_string(a.attoptions, ', '))
      from pair join pg_attribute a on a.attrelid = live and a.attnum > 0 and not a.attisdropped and a.attoptions is not null
    union all
    select 1, format('alter table %s alter column %I set statistics %s', name, a.attname, a.attstattarget)
      from pair join pg_attribute a on a.attrelid = live and a.attnum > 0 and not a.attisdropped and a.attstattarget >= 0
    union all
    select 1, format('comment on table %s is %L', name, obj_description(live, 'pg_class'))
      from pair where obj_description(live, 'pg_class') is not null
    union all
    select 2, format('alter table %s %s row level security', name, case when (l).relrowsecurity then 'enable' else 'disable' end)
      from pair where (l).relrowsecurity <> (s).relrowsecurity
    union all
    select 2, format('alter table %s %s row level security', name, case when (l).relforcerowsecurity then 'force' else 'no force' end)
      from pair where (l).relforcerowsecurity <> (s).relforcerowsecurity
    union all
    select 2, format('alter table %s replica identity %s', name, case (l).relreplident
               when 'f' then 'full' when 'n' then 'nothing' when 'd' then 'default'
               else format('using index %I', (select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid
                                               where i.indrelid = live and i.indisreplident)) end)
      from pair where (l).relreplident <> (s).relreplident and ($3 or (l).relreplident <> 'i')
    union all
    select 3, format('alter table %s owner to %I', name, pg_get_userbyid((l).relowner)) from pair where (l).relowner <> (s).relowner
    union all
    select 4, format('revoke all on table %s from %s', name, case when a.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end)
      from rights, aclexplode(coalesce((s).relacl, acldefault('r', (s).relowner))) as a
     where differ and a.grantee <> (s).relowner
    union all
    select 4, format('revoke all on table %s from %I', name, pg_get_userbyid((l).relowner)) from rights where differ
    union all
    select 5, format('grant %s on table %s to %s%s', a.privilege_type, name,
                     case when a.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end,
                     case when a.is_grantable then ' with grant option' else '' end)
      from rights, aclexplode(coalesce((l).relacl, acldefault('r', (l).relowner))) as a where differ
    union all
    select 5, format('grant %s (%I) on table %s to %s%s', a.privilege_type, c.attname, name,
                     case when a.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end,
                     case when a.is_grantable then ' with grant option' else '' end)
      from pair join pg_attribute c on c.attrelid = live and c.attnum > 0 and not c.attisdropped, aclexplode(c.attacl) as a
)
select distinct on (stage, statement) statement from statements order by stage, statement

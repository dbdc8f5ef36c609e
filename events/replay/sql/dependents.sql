-- What hangs on the tables ($1) and would be lost with them, in Postgres' words: whatever it knows to depend on one, but for what is made anew with
-- a table (indexes, constraints that are no foreign keys, defaults). Columns that are none of ours ($2, as TABLE.COLUMN) would lose their values.
with live as (
    select c.oid, c.relname, n.nspname, c.reltype, t.typarray
      from unnest($1::text[]) as name
      join pg_class c on c.oid = to_regclass(name)
      join pg_namespace n on n.oid = c.relnamespace
      join pg_type t on t.oid = c.reltype
), depending as (
    select d.classid, d.objid, d.objsubid, l.oid as live
      from live l join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = l.oid
     where d.deptype <> 'i'
    union all
    select d.classid, d.objid, d.objsubid, l.oid
      from live l
     cross join lateral (values (l.reltype), (l.typarray)) as own(type)
      join pg_depend d on d.refclassid = 'pg_type'::regclass and d.refobjid = own.type
     where d.deptype <> 'i'
)
select distinct case when rule.rulename = '_RETURN' then pg_describe_object('pg_class'::regclass, rule.ev_class, 0)
                     else pg_describe_object(d.classid, d.objid, d.objsubid) end || ' (on ' || d.live::regclass::text || ')'
  from depending d
  left join pg_rewrite rule on d.classid = 'pg_rewrite'::regclass and rule.oid = d.objid
 where d.classid not in ('pg_attrdef'::regclass, 'pg_publication_rel'::regclass)
   and not (d.classid = 'pg_class'::regclass and exists (select from pg_index where indexrelid = d.objid and indrelid = d.live))
   and not (d.classid = 'pg_constraint'::regclass
            and exists (select from pg_constraint where oid = d.objid and conrelid = d.live and contype <> 'f'))
   and not (d.classid = 'pg_trigger'::regclass and exists (select from pg_trigger where oid = d.objid and tgisinternal))
union
select 'publication ' || quote_ident(p.pubname) || ' (on ' || l.oid::regclass::text || ')'
  from live l join pg_publication_tables p on p.schemaname = l.nspname and p.tablename = l.relname
union
select 'subscription ' || quote_ident(s.subname) || ' (on ' || l.oid::regclass::text || ')'
  from live l join pg_subscription_rel r on r.srrelid = l.oid join pg_subscription s on s.oid = r.srsubid
union
select 'inheritance from ' || i.inhparent::regclass::text || ' (on ' || l.oid::regclass::text || ')'
  from live l join pg_inherits i on i.inhrelid = l.oid
union
select 'security label of ' || s.provider || ' (on ' || l.oid::regclass::text || ')'
  from live l join pg_seclabel s on s.classoid = 'pg_class'::regclass and s.objoid = l.oid
union
select 'column ' || quote_ident(a.attname) || ' (on ' || l.oid::regclass::text || ')'
  from live l join pg_attribute a on a.attrelid = l.oid and a.attnum > 0 and not a.attisdropped
 where l.relname || '.' || a.attname <> all ($2::text[])
 order by 1

-- The statements that make the indexes of table $1 in schema $2: those of constraints through the constraint, so that all names stay the same.
select case
         when c.conname is not null
           then format('alter table %I.%I add constraint %I %s', $2::text, t.relname, c.conname, pg_get_constraintdef(c.oid))
         else replace(pg_get_indexdef(i.indexrelid), format(' ON %I.%I USING ', n.nspname, t.relname),
                      format(' ON %I.%I USING ', $2::text, t.relname))
       end
  from pg_index i
  join pg_class t on t.oid = i.indrelid
  join pg_namespace n on n.oid = t.relnamespace
  left join pg_constraint c on c.conindid = i.indexrelid and c.conrelid = i.indrelid
 where i.indrelid = to_regclass($1)
 order by i.indisprimary desc, i.indexrelid

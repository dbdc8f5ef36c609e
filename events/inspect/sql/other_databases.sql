-- The databases beside this one that could be sandboxes, and how large they are.
select datname::text, pg_database_size(oid)
  from pg_database
 where datname <> current_database()
   and datallowconn
   and has_database_privilege(oid, 'connect')
   and not datistemplate
   and datname ~ '^[a-z][a-z0-9_]*$'
 order by datname

select d.datname::text from pg_database d
  join pg_shdescription s on s.objoid = d.oid and s.classoid = 'pg_database'::regclass
 where s.description = $1 || (select oid from pg_database where datname = current_database())
   and d.datname <> current_database() and d.datallowconn
 order by 1

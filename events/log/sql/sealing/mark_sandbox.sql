-- A sandbox of a sandbox belongs to the live database of that one.
select coalesce((select description from pg_shdescription s
                  where s.objoid = d.oid and s.classoid = 'pg_database'::regclass and s.description like $1 || '%'),
                $1 || d.oid)
  from pg_database d where d.datname = current_database()

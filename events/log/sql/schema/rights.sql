-- What the role may do where Tenfold's tables are or are to be. $1 is the schema of the accounts' keys. Where the log's table is not
-- there yet, whoever makes it may write it.
select quote_ident(current_database()) as quoted_database,
       quote_ident(current_schema()) as quoted_schema,
       coalesce(to_regclass('event') is not null or has_schema_privilege(current_schema(), 'create'), false) as creates_in_schema,
       to_regnamespace($1) is not null or has_database_privilege(current_database(), 'create') as creates_schemas,
       coalesce((select bool_and(has_table_privilege(c.oid, 'select') and has_table_privilege(c.oid, 'insert'))
                   from pg_class c where c.oid in (to_regclass('event'), to_regclass('account'), to_regclass('setting'))), true) as writes

-- Which database this is. A cluster has its number from initdb, a database its own from `create database`, and a table from
-- `create table`: what was restored from a dump has another one, whatever its rows say.
select s.system_identifier || '/' || d.oid || '/' || 'event'::regclass::oid
  from pg_control_system() s, pg_database d where d.datname = current_database()

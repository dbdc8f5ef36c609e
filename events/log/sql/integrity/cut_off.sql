-- Up to where the log was signed (null: it never was), and where it ends.
select (select max(position) from log_checkpoint), coalesce((select max(position) from event), 0)

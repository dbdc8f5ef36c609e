-- The commands whose ids begin like $1 or end like $2, both patterns of hexadecimal digits: enough of them to know whether it is one.
select distinct command_id
  from event
 where replace(command_id::text, '-', '') like $1
    or replace(command_id::text, '-', '') like $2
 limit 2

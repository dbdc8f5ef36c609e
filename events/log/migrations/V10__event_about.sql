-- What an event is about is told by the names of its fields and no longer by a list of kinds, so that a new kind needs no
-- migration. Posts and messages, which are most of the log, and the life of servers, which is in their own streams, stay out.

drop index event_about;

create or replace function event_about(kind text, data json) returns uuid
language sql immutable parallel safe as $$
    select case when kind not like 'Instance%'
        then coalesce(data ->> 'to', data ->> 'group', data ->> 'instance', data ->> 'about', data ->> 'from')::uuid
    end
$$;

create index event_about on event (event_about(kind, data), position)
 where kind not in ('Posted', 'MessageSent', 'GroupMessageSent');

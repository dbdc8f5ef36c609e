-- What people do to each other besides friendships and groups.

create table block (
    blocker  uuid   not null,
    blocked  uuid   not null,
    position bigint not null,
    primary key (blocker, blocked),
    check (blocker <> blocked)
);
create index block_blocked on block (blocked);

-- Whether somebody blocked the sender of a message to a group when it was sent; see deliver.sql. Only those who block are in it.
create index event_block on event (stream, (data ->> 'whom'), position) where kind in ('Blocked', 'Unblocked');

-- As before, and by the field that names whom one ends a friendship with, blocks or does not block any more. No event has it yet.
create or replace function event_about(kind text, data json) returns uuid
language sql immutable parallel safe as $$
    select case when kind not like 'Instance%'
        then coalesce(data ->> 'to', data ->> 'group', data ->> 'instance', data ->> 'about', data ->> 'from', data ->> 'whom')::uuid
    end
$$;

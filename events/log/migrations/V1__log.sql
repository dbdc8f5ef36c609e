-- The log. Everything else but what stands in V3 can be told again from it.

create sequence event_position;

create table event (
    position     bigint      primary key,
    id           uuid        not null,
    stream       uuid        not null,
    version      bigint      not null,
    kind         text        not null,
    kind_version smallint    not null,
    -- The command that caused it, the event's place among that command's, and a keyed digest that tells two uses of
    -- one command id apart.
    command_id   uuid        not null,
    ordinal      smallint    not null,
    digest       bigint,
    actor        uuid,
    -- Whose connections must be told: an account or a group.
    recipient    uuid,
    recorded_at  timestamptz not null default clock_timestamp(),
    data         json        not null,
    -- What identifies or was written by a person, and nothing else.
    personal     json
);

-- Optimistic concurrency: two decisions on the same version of a stream cannot both be recorded.
create unique index event_stream on event (stream, version);
-- A command is carried out once.
create unique index event_command on event (command_id, ordinal);
-- Delivery reads what is for a server's users, however much else happens.
create index event_recipient on event (recipient, position) where recipient is not null;

-- Every appending transaction passes here before it touches a table, or before it draws positions where it has touched
-- none; it counts as inside until its end. A rebuild closes the gate for the moment in which the tables change places:
-- it waits for those inside, and those outside wait holding nothing that it wants next. (Negative keys are never
-- taken for announcements.)
create function pass_gate() returns void
language sql volatile as $$
    select pg_advisory_xact_lock_shared(-7310003)
$$;

-- Draws `wanted` positions, ascending, after announcing that this transaction is about to use positions above the
-- sequence's present value. The announcement is a shared advisory lock (64-bit key: that value), held until the
-- transaction has ended and is visible; readers stop short of the lowest (see log_bound). To be called when the
-- transaction holds every lock that its decisions rest on.
create function draw_positions(wanted integer) returns bigint[]
language plpgsql volatile as $$
begin
    perform pass_gate();
    perform pg_advisory_xact_lock_shared((select case when is_called then last_value else 0 end from event_position));
    return array(select nextval('event_position') from generate_series(1, wanted));
end
$$;

-- Up to which position the log is complete: everything at or below it that will ever be visible is visible to a
-- snapshot taken after this has returned. The sequence is read before the announcements: an appender that is not
-- announced by then draws above it.
create function log_bound() returns bigint
language plpgsql volatile as $$
declare
    head bigint;
    announced bigint;
begin
    select case when is_called then last_value else 0 end into head from event_position;
    select min((classid::bigint << 32) | objid::bigint) into announced
      from pg_locks
     where locktype = 'advisory' and objsubid = 1 and mode = 'ShareLock' and granted
       and classid::bigint < 2147483648 -- negative keys are for other uses
       and database = (select oid from pg_database where datname = current_database());
    return least(head, announced);
end
$$;

-- Passes the gate and takes a batch's locks in the order given. Two-part keys, so that they are never taken for announcements.
create function lock_keys(keys bigint[], exclusive boolean[]) returns void
language plpgsql volatile as $$
begin
    perform pass_gate();
    for i in 1 .. coalesce(array_length(keys, 1), 0) loop
        if exclusive[i] then
            perform pg_advisory_xact_lock((keys[i] >> 32)::integer, (keys[i] << 32 >> 32)::integer);
        else
            perform pg_advisory_xact_lock_shared((keys[i] >> 32)::integer, (keys[i] << 32 >> 32)::integer);
        end if;
    end loop;
end
$$;

-- Draws positions and records events, one entry of each array an event; and the posts among them, whose rows go with
-- every such event and so need no statement of their own: post_event is which of the events, from 1. The positions
-- are left in a setting of the transaction, for the statements behind that write other rows (see real_position).
create function append_events(
    ids uuid[], streams uuid[], versions bigint[], kinds text[], command_ids uuid[], ordinals smallint[],
    digests bigint[], actors uuid[], recipients uuid[], data text[], personal text[],
    post_event integer[], post_author uuid[], post_text text[]
) returns bigint[]
language plpgsql volatile as $$
declare
    positions bigint[] := draw_positions(array_length(ids, 1));
begin
    perform set_config('tenfold.positions', positions::text, true);
    insert into event (position, id, stream, version, kind, kind_version, command_id, ordinal, digest, actor, recipient,
                       data, personal)
    select * from unnest(positions, ids, streams, versions, kinds, array_fill(1::smallint, array[array_length(ids, 1)]),
                         command_ids, ordinals, digests, actors, recipients, data::json[], personal::json[]);
    if array_length(post_event, 1) > 0 then
        insert into post (position, author, text)
        select positions[p.event], p.author, p.body from unnest(post_event, post_author, post_text) as p(event, author, body);
    end if;
    return positions;
end
$$;

-- The same for one event that changes no row but perhaps adds its post: what a person alone on a server does all the
-- time. Arrays and calls inside calls would cost a quarter more. post_text is null where the event is no post.
create function append_event(
    id uuid, stream uuid, version bigint, kind text, command_id uuid, ordinal smallint,
    digest bigint, actor uuid, recipient uuid, data text, personal text, post_text text
) returns bigint
language plpgsql volatile as $$
declare
    drawn bigint;
begin
    perform pg_advisory_xact_lock_shared(-7310003); -- pass_gate
    perform pg_advisory_xact_lock_shared(case when is_called then last_value else 0 end) from event_position;
    drawn := nextval('event_position');
    insert into event (position, id, stream, version, kind, kind_version, command_id, ordinal, digest, actor, recipient,
                       data, personal)
    values (drawn, id, stream, version, kind, 1, command_id, ordinal, digest, actor, recipient, data::json, personal::json);
    if post_text is not null then
        insert into post (position, author, text) values (drawn, actor, post_text);
    end if;
    return drawn;
end
$$;

-- The position in a row that is written together with its event: a provisional one (above 2^62, counting from the
-- batch's first event) becomes the one that was drawn.
create function real_position(given bigint) returns bigint
language sql stable as $$
    select case when given >= 4611686018427387904
                then (current_setting('tenfold.positions')::bigint[])[given - 4611686018427387904 + 1]
                else given end
$$;

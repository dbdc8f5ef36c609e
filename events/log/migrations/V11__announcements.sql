-- Announcements of appenders in a range of keys of their own. Until here their keys were the bare positions, which is where other
-- programs have their locks: one that held `pg_advisory_lock_shared(1)` stopped all delivery, and one that held the sequence's present value
-- exclusively all appending.


-- As before, under that key. A position has 2^48 values below it, and more than that no log has.
create or replace function draw_positions(wanted integer) returns bigint[]
language plpgsql volatile as $$
begin
    perform pass_gate();
    perform pg_advisory_xact_lock_shared(
        9101494531580231680 + (select case when is_called then last_value else 0 end from event_position));
    return array(select nextval('event_position') from generate_series(1, wanted));
end
$$;

create or replace function append_event(
    id uuid, stream uuid, version bigint, kind text, kind_version smallint, command_id uuid, ordinal smallint,
    digest bigint, actor uuid, recipient uuid, data text, sealed bytea, post_text text
) returns bigint
language plpgsql volatile as $$
declare
    drawn bigint;
begin
    perform pg_advisory_xact_lock_shared(-7310003); -- pass_gate
    perform pg_advisory_xact_lock_shared(9101494531580231680 + case when is_called then last_value else 0 end)
       from event_position;
    drawn := nextval('event_position');
    insert into event (position, id, stream, version, kind, kind_version, command_id, ordinal, digest, actor, recipient,
                       data, sealed)
    values (drawn, id, stream, version, kind, kind_version, command_id, ordinal, digest, actor, recipient, data::json,
            sealed);
    if post_text is not null then
        insert into post (position, author, text) values (drawn, actor, post_text);
    end if;
    return drawn;
end
$$;

-- As before. Only announcements count; also the bare ones of transactions that began before this migration: those have passed the gate.
create or replace function log_bound() returns bigint
language plpgsql volatile as $$
declare
    head bigint;
    announced bigint;
begin
    select case when is_called then last_value else 0 end into head from event_position;
    with held as materialized (
        select pid, (classid::bigint << 32) | objid::bigint as key
          from pg_locks
         where locktype = 'advisory' and objsubid = 1 and mode = 'ShareLock' and granted
           and database = (select oid from pg_database where datname = current_database()))
    select min(case when key >= 9101494531580231680 then key - 9101494531580231680 else key end) into announced
      from held
     where key >= 9101494531580231680 and key < 9101494531580231680 + 281474976710656
        or key >= 0 and pid in (select pid from held where key = -7310003);
    return least(head, announced);
end
$$;

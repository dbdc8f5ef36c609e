-- What shows whether the log itself is whole: a MAC for each event, made by the server that appends it, and checkpoints, signed by login servers.
-- Servers of the version before go on with the functions they know: their events have no MAC (see log_checkpoint.macs_after).

-- 16 bytes of a keyed MAC over the event's columns and these bytes of the event before it in its stream; then 16 that bind it to its place.
alter table event add column mac bytea;

create table log_checkpoint (
    -- Of the last event that it covers.
    position   bigint primary key,
    -- How many events there are up to it.
    events     bigint not null,
    -- Every event above this position has a MAC; the same in all checkpoints.
    macs_after bigint not null,
    -- Over positions and MACs of the events since the checkpoint before.
    digest     bytea  not null,
    -- Keyed; over these columns and the signature before.
    signature  bytea  not null
);

-- The MAC as it is kept. A server knows neither position nor time before it appends. So it gives 32 bytes, of which half are kept, and all are
-- the key that binds the event to its place; whoever reads the log cannot find the other half.
create function placed_mac(made bytea, place bigint, moment timestamptz) returns bytea
language sql immutable parallel safe as $$
    select substr(made, 1, 16) || substr(sha256(made || int8send(place) || timestamptz_send(moment)), 1, 16)
$$;

-- As before, and with a MAC for each event.
create function append_events(
    ids uuid[], streams uuid[], versions bigint[], kinds text[], kind_versions smallint[], command_ids uuid[],
    ordinals smallint[], digests bigint[], actors uuid[], recipients uuid[], data text[], sealed bytea[], macs bytea[],
    post_event integer[], post_author uuid[], post_text text[]
) returns bigint[]
language plpgsql volatile as $$
declare
    positions bigint[] := draw_positions(array_length(ids, 1));
    moment timestamptz := clock_timestamp();
begin
    perform set_config('tenfold.positions', positions::text, true);
    insert into event (position, id, stream, version, kind, kind_version, command_id, ordinal, digest, actor, recipient,
                       data, sealed, recorded_at, mac)
    select e.position, e.id, e.stream, e.version, e.kind, e.kind_version, e.command_id, e.ordinal, e.digest, e.actor, e.recipient,
           e.data, e.sealed, moment, placed_mac(e.made, e.position, moment)
      from unnest(positions, ids, streams, versions, kinds, kind_versions, command_ids, ordinals, digests, actors, recipients,
                  data::json[], sealed, macs)
           as e(position, id, stream, version, kind, kind_version, command_id, ordinal, digest, actor, recipient, data, sealed, made);
    if array_length(post_event, 1) > 0 then
        insert into post (position, author, text)
        select positions[p.event], p.author, p.body from unnest(post_event, post_author, post_text) as p(event, author, body);
    end if;
    return positions;
end
$$;

create function append_event(
    id uuid, stream uuid, version bigint, kind text, kind_version smallint, command_id uuid, ordinal smallint,
    digest bigint, actor uuid, recipient uuid, data text, sealed bytea, made bytea, post_text text
) returns bigint
language plpgsql volatile as $$
declare
    drawn bigint;
    moment timestamptz;
begin
    perform pg_advisory_xact_lock_shared(-7310003); -- pass_gate
    perform pg_advisory_xact_lock_shared(9101494531580231680 + case when is_called then last_value else 0 end)
       from event_position;
    drawn := nextval('event_position');
    moment := clock_timestamp();
    insert into event (position, id, stream, version, kind, kind_version, command_id, ordinal, digest, actor, recipient,
                       data, sealed, recorded_at, mac)
    values (drawn, id, stream, version, kind, kind_version, command_id, ordinal, digest, actor, recipient, data::json,
            sealed, moment, placed_mac(made, drawn, moment));
    if post_text is not null then
        insert into post (position, author, text) values (drawn, actor, post_text);
    end if;
    return drawn;
end
$$;

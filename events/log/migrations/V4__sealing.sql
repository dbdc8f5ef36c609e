-- What identifies or was written by a person is sealed with a key of the account it belongs to. A deleted account has no
-- key, so that the log and its copies tell nothing of it any more.

-- In a schema of their own, so that a backup of the log can leave them out: a key that lies in a backup is not destroyed.
create schema tenfold_keys;

-- Each living account's key, wrapped by the master key.
create table tenfold_keys.account (
    account_id uuid  primary key,
    wrapped    bytea not null
);

-- `personal` holds only what was written before there was sealing, or was put here from outside: a login server seals it
-- when it starts. Where both are null, an event that had a personal part has lost it.
alter table event add column sealed bytea;
alter table event add constraint event_sealed_or_plain check (personal is null or sealed is null);
create index event_plain on event (position) where personal is not null;

-- Up to where an application server has pushed everything to whoever is connected to it; written when it is asked.
alter table instance_lease add column delivered bigint not null default 0;

-- As before, but for the versions of the kinds, which are given, and the personal parts, which are sealed.
drop function append_events(uuid[], uuid[], bigint[], text[], uuid[], smallint[], bigint[], uuid[], uuid[], text[], text[],
                            integer[], uuid[], text[]);
create function append_events(
    ids uuid[], streams uuid[], versions bigint[], kinds text[], kind_versions smallint[], command_ids uuid[],
    ordinals smallint[], digests bigint[], actors uuid[], recipients uuid[], data text[], sealed bytea[],
    post_event integer[], post_author uuid[], post_text text[]
) returns bigint[]
language plpgsql volatile as $$
declare
    positions bigint[] := draw_positions(array_length(ids, 1));
begin
    perform set_config('tenfold.positions', positions::text, true);
    insert into event (position, id, stream, version, kind, kind_version, command_id, ordinal, digest, actor, recipient,
                       data, sealed)
    select * from unnest(positions, ids, streams, versions, kinds, kind_versions, command_ids, ordinals, digests, actors,
                         recipients, data::json[], sealed);
    if array_length(post_event, 1) > 0 then
        insert into post (position, author, text)
        select positions[p.event], p.author, p.body from unnest(post_event, post_author, post_text) as p(event, author, body);
    end if;
    return positions;
end
$$;

drop function append_event(uuid, uuid, bigint, text, uuid, smallint, bigint, uuid, uuid, text, text, text);
create function append_event(
    id uuid, stream uuid, version bigint, kind text, kind_version smallint, command_id uuid, ordinal smallint,
    digest bigint, actor uuid, recipient uuid, data text, sealed bytea, post_text text
) returns bigint
language plpgsql volatile as $$
declare
    drawn bigint;
begin
    perform pg_advisory_xact_lock_shared(-7310003); -- pass_gate
    perform pg_advisory_xact_lock_shared(case when is_called then last_value else 0 end) from event_position;
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

-- An application server has a role of its own, which reads no secrets and writes only what it has to. What it has to know of the rest it asks
-- for through functions that run with the rights of whoever owns the tables.

-- Whose a session is whose token has this hash; also for a while after its end. A deleted account has no name.
create function identify_session(session uuid, hash bytea) returns table (account_id uuid, name text)
language sql stable security definer as $$
    select s.account_id, coalesce(a.name, '')
      from session_secret s
      left join account a on a.id = s.account_id
     where s.session_id = session and s.token_hash = hash
$$;

-- Which database this is, the same for every role. A cluster has its number from initdb, a database its own from `create database`, and a table
-- from `create table`: what was restored from a dump has another one, whatever its rows say. Some providers keep the cluster's number from
-- their guests.
create function database_identity() returns text
language plpgsql stable security definer as $$
declare
    ours text := (select oid || '/' || 'event'::regclass::oid from pg_database where datname = current_database());
begin
    if has_function_privilege('pg_control_system()', 'execute') then
        return (select system_identifier from pg_control_system()) || '/' || ours;
    end if;
    return ours;
end
$$;

-- Where this is another database than the one in which positions were drawn before, or another timeline of it, leaves so many out, and gives
-- the position from which they go on; else null. Of several that do this at once, the first one finds it; the others wait for it.
create function settle_positions(timeline text, leave_out bigint) returns bigint
language plpgsql volatile security definer as $$
declare
    identity text := database_identity() || '/' || timeline;
    is_changed boolean;
begin
    -- So it is nearly always, and then nothing is written or locked.
    if exists (select from setting where name = 'positions of' and value = identity) then
        return null;
    end if;
    insert into setting (name, value) values ('positions of', identity)
        on conflict (name) do update set value = excluded.value where setting.value <> excluded.value
        returning xmax <> 0 into is_changed;
    if is_changed then
        -- As many as nobody can have appended since a backup was made or a standby fell behind.
        return (select setval('event_position', greatest(last_value, (select coalesce(max(position), 0) from event)) + leave_out)
                  from event_position);
    end if;
    return null;
end
$$;

-- Nobody's temporary tables take the place of ours.
do $$
declare
    function text;
begin
    foreach function in array array['identify_session(uuid, bytea)', 'database_identity()', 'settle_positions(text, bigint)'] loop
        execute format('alter function %s set search_path = %I, pg_temp', function, current_schema());
    end loop;
end
$$;

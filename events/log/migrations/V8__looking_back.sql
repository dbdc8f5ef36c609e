-- For looking back: what an event is about besides its stream and its recipient, so that the story of a person, a
-- group or an application server is found along an index, however long the log is. Posts and messages, which are most
-- of the log, are in none of these.

create function event_about(kind text, data json) returns uuid
language sql immutable parallel safe as $$
    select (data ->> case kind
        when 'InviteSent' then 'to'
        when 'InviteAccepted' then 'from'
        when 'GroupCreated' then 'group'
        when 'GroupJoined' then 'group'
        when 'SeatTaken' then 'instance'
        when 'SeatReleased' then 'instance'
        when 'SessionResumed' then 'instance'
        when 'CommandRefused' then 'about'
    end)::uuid
$$;

create index event_about on event (event_about(kind, data), position)
 where kind in ('InviteSent', 'InviteAccepted', 'GroupCreated', 'GroupJoined', 'SeatTaken', 'SeatReleased',
                'SessionResumed', 'CommandRefused');

-- Who has been called what: a name may have belonged to several accounts over time.
create index event_registered on event (position) where kind = 'AccountRegistered';

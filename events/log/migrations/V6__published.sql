-- What has been told to CloudWatch, and what is to be told. Beside the log, and left alone by a rebuild.

-- One row, for there is one publisher at a time. A call to CloudWatch cannot be taken back nor safely repeated, so that its content
-- stands here before it is made: whoever finds it knows that it may have been made, and what to ask for.
create table published (
    one          boolean     primary key default true check (one),
    -- Everything that happened to instances up to here has been published, or is in the call.
    position     bigint      not null default 0,
    -- The data of a call that is not known to have arrived; null where there is none.
    call         json,
    -- When it was made; null where it was not, or was refused for certain.
    attempted_at timestamptz,
    -- Up to where `position` is moved once the call has arrived.
    call_position bigint
);
insert into published default values;

-- How long logins waited for a seat, counted: what login servers have measured, and how much of it is published or in the call.
create table login_wait (
    minute       timestamptz not null,
    milliseconds integer     not null,
    count        integer     not null,
    told         integer     not null default 0,
    primary key (minute, milliseconds)
);

-- What happened to instances is a hundredth of the log or less, and read by itself.
create index event_lifecycle on event (position)
 where kind in ('InstanceRequested', 'InstanceLaunched', 'InstanceReady', 'InstanceDraining', 'InstanceTerminated', 'InstanceLost');

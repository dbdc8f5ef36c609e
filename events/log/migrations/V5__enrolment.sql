-- Beside the log: how a machine that was launched elsewhere gets what it needs, and why none is launched.

-- A token for one exchange by one instance, as its SHA-256.
create table enrolment (
    token_hash  bytea       primary key,
    instance_id uuid        not null,
    expires_at  timestamptz not null,
    used_at     timestamptz
);

-- Enrolments that were refused, for a day.
create table enrolment_refusal (
    at     timestamptz not null default clock_timestamp(),
    reason text        not null
);
create index enrolment_refusal_at on enrolment_refusal (at);

-- What was in the way of the last launch, until one succeeds; for those who wait. One row at most.
create table launch_trouble (
    only_one boolean     primary key default true check (only_one),
    reason   text        not null,
    since    timestamptz not null default now()
);

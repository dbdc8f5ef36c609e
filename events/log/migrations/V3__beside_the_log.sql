-- Beside the log, and left alone by a rebuild: secrets, and what is true only for a moment.

create table password (
    account_id uuid primary key,
    hash       text not null
);

-- SHA-256 of each session's token. Rows outlive their session for a while, so that a command sent again after its
-- session's end is still known.
create table session_secret (
    session_id uuid        primary key,
    account_id uuid        not null,
    token_hash bytea       not null,
    ended_at   timestamptz
);

-- Up to where the user has been shown everything.
create table acknowledged (
    session_id uuid   primary key,
    position   bigint not null
);

-- When a connection was last attached to the session, by the database's clock.
create table presence (
    session_id uuid        primary key,
    last_seen  timestamptz not null default now()
);

-- An application server's sign of life, and where it listens.
create table instance_lease (
    instance_id  uuid        primary key,
    host         text,
    port         integer     not null,
    heartbeat_at timestamptz not null default now()
);

-- Logins that wait for a seat.
create table waiting_login (
    id           uuid        primary key,
    login_server uuid        not null,
    since        timestamptz not null default now(),
    renewed_at   timestamptz not null default now()
);

-- Refused registrations, for a while: they have no session whose log could hold them.
create table remembered_refusal (
    command_id uuid        primary key,
    digest     bigint      not null,
    code       text        not null,
    at         timestamptz not null default now()
);

-- What all servers on this database must agree on, such as the fingerprint of the token key.
create table setting (
    name  text primary key,
    value text not null
);

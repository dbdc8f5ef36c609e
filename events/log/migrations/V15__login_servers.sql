-- Where clients reach each login server, so that a login's reply can name the others; true for a moment only.
create table login_server (
    id      uuid        primary key,
    -- None where it is the host that the client already talks to.
    host    text,
    port    integer     not null,
    seen_at timestamptz not null default clock_timestamp()
);

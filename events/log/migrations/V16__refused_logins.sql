-- Logins that were refused, for a while: who asks why somebody could not log in finds it here. They are no events, so that nobody
-- without a session can make the log grow. A row stands for all of the same kind within about a second.
create table refused_login (
    at         timestamptz not null default clock_timestamp(),
    -- None where nobody is called so: what was typed instead may be a password.
    account_id uuid,
    -- None where there were too many to keep apart.
    address    text,
    reason     text        not null,
    times      integer     not null
);
create index refused_login_at on refused_login (at);

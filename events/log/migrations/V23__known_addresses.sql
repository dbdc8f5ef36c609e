-- From where an account's own person has come: what strangers try from elsewhere does not keep them out. For a while, and gone with the account.
create table known_address (
    account_id uuid        not null,
    address    text        not null,
    seen_at    timestamptz not null default clock_timestamp(),
    primary key (account_id, address)
);

-- How many groups somebody has made.
create index event_created on event (stream) where kind = 'GroupCreated';

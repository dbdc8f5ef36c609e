-- Projections: what is so now. `tenfold-events rebuild` makes them anew from the log. Positions are those of the
-- events that made the rows, and give every list its order.

create table account (
    id       uuid   primary key,
    name     text   not null unique,
    position bigint not null
);

-- One session an account at most.
create table session (
    account_id uuid   primary key,
    id         uuid   not null unique,
    position   bigint not null
);

-- Never more users on a server than it has seats, whatever the programs do.
create table seat (
    instance_id uuid     not null,
    number      smallint not null,
    seats       smallint not null,
    session_id  uuid     not null unique,
    account_id  uuid     not null,
    primary key (instance_id, number),
    check (number >= 0 and number < seats)
);
create index seat_account on seat (account_id);

-- One row for two people, so that invites that cross conflict.
create table pair (
    low      uuid   not null,
    high     uuid   not null,
    state    text   not null check (state in ('invited', 'friends')),
    inviter  uuid   not null,
    position bigint not null,
    primary key (low, high),
    check (low < high and inviter in (low, high))
);
create index pair_high on pair (high);

create table post (
    position bigint primary key,
    author   uuid   not null,
    text     text   not null
);
create index post_author on post (author, position);

create table groups (
    id       uuid   primary key,
    name     text   not null unique,
    position bigint not null
);

create table membership (
    group_id   uuid   not null,
    account_id uuid   not null,
    position   bigint not null,
    primary key (group_id, account_id)
);
create index membership_account on membership (account_id, position);

create table instance (
    id        uuid     primary key,
    state     text     not null,
    seats     smallint not null,
    reference text,
    host      text,
    port      integer,
    position  bigint   not null
);
create index instance_living on instance (state) where state not in ('terminated');

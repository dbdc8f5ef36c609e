-- What names look like, so that nobody is called what could be taken for somebody else. Login servers fill them in: the tables that say what looks
-- like what are not Postgres' own. Servers of the version before leave them empty.
alter table account add column look text;
create index account_look on account (look);
alter table groups add column look text;
create index groups_look on groups (look);

-- What the roles of servers may do: {login} for login servers, {app} for application servers; in {schema} are Tenfold's tables. Rights are only
-- added: servers of the version before go on with theirs.
grant usage on schema {schema}, tenfold_keys to {login}, {app};

grant select, insert, update, delete on
    event, account, session, seat, pair, block, post, groups, membership, instance,
    password, session_secret, acknowledged, presence, instance_lease, waiting_login, remembered_refusal, setting,
    enrolment, enrolment_refusal, launch_trouble, login_wait, login_server, refused_login, known_address, log_checkpoint,
    tenfold_keys.account
    to {login};
grant select on tenfold_schema_history to {login};
grant select, usage, update on sequence event_position to {login};

-- An application server appends events, and changes none. It reads neither passwords nor tokens.
grant select, insert on event to {app};
grant select, usage on sequence event_position to {app};
grant select on account, session, seat, instance, remembered_refusal, setting, tenfold_keys.account, tenfold_schema_history to {app};
grant select, insert, update, delete on pair, block, groups, membership to {app};
grant select, insert on post to {app};
grant select, insert, update on acknowledged, presence, instance_lease to {app};

insert into enrolment (token_hash, instance_id, expires_at)
values ($1, $2, clock_timestamp() + make_interval(secs => $3))

update enrolment set used_at = clock_timestamp()
 where token_hash = $1 and instance_id = $2 and used_at is null and expires_at > clock_timestamp()

update presence set last_seen = least(last_seen + make_interval(secs => $1), statement_timestamp())

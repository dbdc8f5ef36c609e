set idle_in_transaction_session_timeout = '1s';
set lock_timeout = '5s';
set statement_timeout = '9s';
set default_transaction_isolation = 'read committed';
set plan_cache_mode = 'force_generic_plan';
set jit = off;
set enable_seqscan = off; set enable_bitmapscan = off; set enable_hashjoin = off; set enable_mergejoin = off;

-- Every question goes along indexes for a few people. A plan is made once and kept; one that was made while the tables were
-- small would scan and hash them, which costs half as much again even then.
set statement_timeout = '10s';
set plan_cache_mode = 'force_generic_plan';
set jit = off;
set enable_seqscan = off; set enable_bitmapscan = off; set enable_hashjoin = off; set enable_mergejoin = off;

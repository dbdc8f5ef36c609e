select exists (select from pg_stat_user_tables
                where schemaname = 'tenfold_keys' and relname = 'account' and n_dead_tup > 0)

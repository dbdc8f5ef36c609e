-- Where rows with keys, names or texts were deleted since the last vacuum.
select relid::regclass::text from pg_stat_user_tables
 where n_dead_tup > 0 and (relid = 'tenfold_keys.account'::regclass
                           or relid in (select to_regclass(name) from unnest($1::text[]) as name))

select lock_keys($1, $2)

select log_bound()

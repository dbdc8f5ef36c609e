select coalesce(inet_server_port()::text, ''), database.oid::text, 'event'::regclass::oid::text
  from pg_database database where datname = current_database()

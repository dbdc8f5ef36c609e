select host, port from instance where id = $1 and state in ('ready', 'draining') and port is not null

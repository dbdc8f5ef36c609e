insert into log_checkpoint (position, events, macs_after, digest, signature) values ($1, $2, $3, $4, $5)

select position, events, macs_after, digest, signature from log_checkpoint order by position

select command_id, digest, code from remembered_refusal where command_id = any($1)

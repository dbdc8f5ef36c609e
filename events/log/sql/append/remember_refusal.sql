insert into remembered_refusal (command_id, digest, code) values ($1, $2, $3) on conflict do nothing

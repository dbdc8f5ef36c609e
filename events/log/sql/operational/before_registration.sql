select exists (select from account where name = $1),
       exists (select from event where command_id = $2)
           or exists (select from remembered_refusal where command_id = $2)

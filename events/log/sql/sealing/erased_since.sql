-- Which of these accounts the live database has forgotten: it has no key of theirs and nothing in plain text, and they
-- had a key, or are deleted there. Of an account that it never knew it says nothing.
select c.id from unnest($1::uuid[], $2::boolean[]) as c(id, had_key)
 where not exists (select from tenfold_keys.account where account_id = c.id)
   and not exists (select from event where stream = c.id and personal is not null)
   and (c.had_key or exists (select from event where stream = c.id and kind = 'AccountDeleted'))

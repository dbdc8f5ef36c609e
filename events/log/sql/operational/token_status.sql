select e.used_at is not null,
       e.expires_at <= clock_timestamp()
       or exists (select from instance i where i.id = e.instance_id and i.state in ('lost', 'terminated'))
  from enrolment e where e.token_hash = $1 and e.instance_id = $2

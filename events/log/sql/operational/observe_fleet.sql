select extract(epoch from statement_timestamp())::float8 as at,
       array(select w.id from waiting_login w
              where w.renewed_at > statement_timestamp() - interval '5 seconds'
                and not exists (select from seat s where s.account_id = w.id)
              order by w.since, w.id) as waiting,
       (select count(*) from seat s join instance o on o.id = s.instance_id
         where o.state in ('lost', 'terminated')) as stranded,
       (select t.reason from launch_trouble t) as trouble,
       (select count(*) from enrolment_refusal r
         where r.at > statement_timestamp() - interval '1 minute') as refused_enrolments,
       i.id, i.state, i.seats, i.reference,
       (select count(*) from seat s where s.instance_id = i.id) as users,
       extract(epoch from statement_timestamp() - (select e.recorded_at from event e where e.stream = i.id
                                                order by e.version desc limit 1))::float8 as in_state_for,
       l.host, l.port, l.notice,
       extract(epoch from statement_timestamp() - l.heartbeat_at)::float8 as lease_age
  from (values (1)) as once
  left join instance i on i.state not in ('lost', 'terminated')
  left join instance_lease l on l.instance_id = i.id

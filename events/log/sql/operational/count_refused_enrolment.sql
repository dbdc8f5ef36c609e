insert into enrolment_refusal (reason) select $1
 where (select count(*) from enrolment_refusal
         where at > clock_timestamp() - interval '1 minute') < 100

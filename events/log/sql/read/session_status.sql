-- Whether the session lives, and where it sits.
select t.instance_id from session s left join seat t on t.session_id = s.id where s.id = $1

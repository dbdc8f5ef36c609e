-- Where the projections cannot be what the log makes, as far as it shows without folding: each kind of difference, and how many there are of it.
-- Accounts and servers are compared whole, along indexes of the log (each in a query of its own, or the log might be scanned); of everything else
-- what the log's last events made.
with latest as (
    select position, kind, stream, data from event order by position desc limit 1000
), living as (
    select l.* from latest l where exists (select from account where id = l.stream)
)
select what, number from (
    select 'accounts that live in the log are not among them' as what, count(*) as number
      from event r
     where r.kind = 'AccountRegistered' and not exists (select from account where id = r.stream)
       and (select e.kind from event e where e.stream = r.stream order by e.version desc limit 1) <> 'AccountDeleted'
    union all
    select 'accounts are among them that the log has never registered there', count(*)
      from account a
     where (select e.stream from event e where e.position = a.position and e.kind = 'AccountRegistered') is distinct from a.id
    union all
    select 'application servers of the log are not among them', count(*)
      from event r where r.kind = 'InstanceRequested' and not exists (select from instance where id = r.stream)
    union all
    select 'posts at the end of the log are not among them', count(*)
      from living l where l.kind = 'Posted' and not exists (select from post where position = l.position)
    union all
    select 'posts are among them that are not in the log', count(*)
      from (select position from post order by position desc limit 1000) as p
     where (select e.kind from event e where e.position = p.position) is distinct from 'Posted'
    union all
    select 'friendships at the end of the log are not among them', count(*)
      from living l join account other on other.id = (l.data ->> 'from')::uuid
     where l.kind = 'InviteAccepted'
       and not exists (select from pair where low = least(l.stream, other.id) and high = greatest(l.stream, other.id) and state = 'friends')
    union all
    select 'groups at the end of the log are not among them', count(*)
      from latest l where l.kind = 'GroupCreated' and not exists (select from groups where id = (l.data ->> 'group')::uuid)
    union all
    select 'members of groups at the end of the log are not among them', count(*)
      from living l
     where l.kind = 'GroupJoined'
       and not exists (select from membership where account_id = l.stream and group_id = (l.data ->> 'group')::uuid)
    union all
    select 'sessions are among them that the log has never started there', count(*)
      from session s
     where (select e.stream from event e where e.position = s.position and e.kind = 'SessionStarted') is distinct from s.account_id
) as found where number > 0

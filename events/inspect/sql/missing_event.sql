-- What shows that there was an event at position $1, which is not there any more. Only the $2 positions behind it are looked
-- through for a version that is missing in its stream.
with row_of as (
    select 'account' as noun, position from account union all select 'session', position from session
    union all select 'pair', position from pair union all select 'post', position from post
    union all select 'groups', position from groups union all select 'membership', position from membership
    union all select 'instance', position from instance
)
select what from (
    select 1 as rank, format('a row of %s that it made is still there', noun) as what from row_of where position = $1
    union all
    select 2, format('version %s of stream %s is missing, whose version %s stands at position %s',
                     later.version - 1, later.stream, later.version, later.position)
      from event later
     where later.position > $1 and later.position <= $1 + $2::bigint and later.version > 1
       and not exists (select from event before where before.stream = later.stream and before.version = later.version - 1)
       and not exists (select from event before where before.stream = later.stream and before.version < later.version
                          and before.position > $1)
) as evidence order by rank, what limit 1

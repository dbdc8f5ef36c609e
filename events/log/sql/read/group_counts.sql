-- In how many groups somebody ($1) is, and how many they made.
select (select count(*) from membership where account_id = $1),
       (select count(*) from event where stream = $1 and kind = 'GroupCreated')

-- Metrics of what happened to the fleet go out as running totals. Who publishes them counts the log's lifecycle events (the index
-- event_lifecycle, from V6), so that nothing is kept of what was published, and a call that is repeated does no harm.
--
-- Tenfold is unreleased, so the table goes in the same step as the code that used it. Between releases it would stay for one version,
-- for servers of two versions run at once while a new one is rolled out.
drop table published;

-- Waits are taken out of the table by who publishes them.
delete from login_wait where told = count;
update login_wait set count = count - told;
alter table login_wait drop column told;

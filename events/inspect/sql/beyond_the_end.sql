-- The rows of the log behind the last position that its sequence has given: how many, the first, and where the sequence is.
select count(*), min(position), (select case when is_called then last_value else 0 end from event_position) as given
  from event
 where position > (select case when is_called then last_value else 0 end from event_position)

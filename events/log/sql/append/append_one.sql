-- Draws a position and records one event ($1 to $13), with its post where it is one ($14); gives the position.
select append_event($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)

-- Draws positions, records the events ($1 to $11, one entry each) and the posts among them ($12 to $14); gives the positions.
select append_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)

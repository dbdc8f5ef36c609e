-- Draws positions, records the events ($1 to $13, one entry each) and the posts among them ($14 to $16); gives the positions.
select append_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)

select account_id, name from identify_session($1, $2)

-- Fill the table of moves in information states, which the view `moves` holds.

INSERT INTO probes BY NAME
SELECT moves.* EXCLUDE (deal, seating), seating AS probe, deal AS sample
FROM moves;

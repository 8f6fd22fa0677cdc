-- Fill the table of moves in given positions, which the view `moves` holds.

INSERT INTO positions BY NAME
SELECT
    moves.* EXCLUDE (deal, seating), deal AS position,
    best_value, value, regret, optimal, trivial, oracle
FROM moves LEFT JOIN judged USING (episode_id, ply, seat);

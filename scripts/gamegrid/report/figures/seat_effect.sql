SELECT
    game, scoring, agent, seat,
    by_scoring(scoring, score, mean_return, mean_return) AS measure,
    low, high, reason, episodes
FROM seat_effect JOIN games USING (game)
WHERE players > 1
ORDER BY game, agent, seat

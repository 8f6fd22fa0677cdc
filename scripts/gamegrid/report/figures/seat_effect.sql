SELECT
    game, scoring, agent, seat,
    CASE scoring WHEN 'win_loss' THEN score ELSE mean_return END AS measure,
    low, high, reason, episodes
FROM seat_effect JOIN games USING (game)
WHERE players > 1
ORDER BY game, agent, seat

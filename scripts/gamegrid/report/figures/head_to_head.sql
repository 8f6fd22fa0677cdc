SELECT
    game, scoring, agent, opponent,
    by_scoring(scoring, score, strict_return, mean_return) AS measure,
    low, high, reason, deals, distinct_episodes, dropped_deals
FROM head_to_head JOIN games USING (game)
WHERE deals > 0
ORDER BY game, agent, opponent

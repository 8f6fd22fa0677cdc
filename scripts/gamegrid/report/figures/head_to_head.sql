SELECT
    game, scoring, agent, opponent,
    CASE scoring
        WHEN 'win_loss' THEN score
        WHEN 'margin' THEN strict_return
        ELSE mean_return
    END AS measure,
    low, high, reason, deals, distinct_episodes, dropped_deals
FROM head_to_head JOIN games USING (game)
WHERE deals > 0
ORDER BY game, agent, opponent

WITH scored AS (
    SELECT game, agent, score, low, high, reason, deals
    FROM per_game
    WHERE scoring = 'win_loss' AND deals > 0
)

SELECT game, agent, score, low, high, reason, deals
FROM (SELECT DISTINCT game FROM scored)
CROSS JOIN (SELECT DISTINCT agent FROM scored)
LEFT JOIN scored USING (game, agent)
ORDER BY game, agent

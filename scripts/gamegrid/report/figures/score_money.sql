WITH spent AS (
    SELECT
        agents.agent,
        CASE WHEN count(usd) = count(*) THEN sum(usd) / sum(latency.usd / usd_per_episode) END
            AS usd_per_game,
        CASE WHEN count(usd) = count(*) THEN sum(usd) END AS usd
    FROM agents JOIN latency USING (backend, model) JOIN games USING (game)
    WHERE scoring = 'win_loss'
    GROUP BY agents.agent
),

models AS (
    SELECT games, agent, score, score_low, score_high, score_reason, usd_per_game, usd
    FROM leaderboard JOIN spent USING (agent)
    WHERE score IS NOT NULL AND usd_per_game IS NOT NULL
)

SELECT
    *,
    NOT EXISTS (
        FROM models AS other
        WHERE other.games = models.games
            AND other.score >= models.score AND other.usd_per_game <= models.usd_per_game
            AND (other.score > models.score OR other.usd_per_game < models.usd_per_game)
    ) AS front
FROM models
ORDER BY games, usd_per_game, agent

WITH chosen AS (
    SELECT game, agent, label AS move, count(*) AS times
    FROM decisions JOIN episodes USING (episode_id)
    WHERE decisions.status IN ('ok', 'rethought') AND episodes.status <> 'error'
    GROUP BY ALL
),

often AS (
    SELECT game, move
    FROM chosen
    GROUP BY game, move
    QUALIFY row_number() OVER (PARTITION BY game ORDER BY sum(times) DESC, move) <= 12
),

made AS (
    SELECT game, agent, sum(times) AS decisions
    FROM chosen
    GROUP BY game, agent
)

SELECT
    game, move, agent,
    coalesce(times, 0) / decisions AS share,
    coalesce(times, 0) AS times,
    decisions::BIGINT AS decisions
FROM often JOIN made USING (game) LEFT JOIN chosen USING (game, move, agent)
ORDER BY game, move, agent

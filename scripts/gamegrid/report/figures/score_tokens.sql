WITH spent AS (
    SELECT
        agent,
        CASE
            WHEN sum(unknown_usage) = 0 THEN sum(completion_tokens) / sum(decisions)
        END AS tokens_per_move,
        sum(completion_tokens)::BIGINT AS completion_tokens,
        sum(decisions)::BIGINT AS decisions
    FROM usage JOIN failures USING (agent, game) JOIN games USING (game)
    WHERE scoring = 'win_loss' AND task = 'episode'
    GROUP BY agent
),

models AS (
    SELECT
        games, agent, score, score_low, score_high, score_reason, tokens_per_move,
        completion_tokens, decisions
    FROM leaderboard JOIN spent USING (agent)
    WHERE score IS NOT NULL
)

SELECT
    * REPLACE (CASE WHEN tokens_per_move IS NULL THEN 'tokens unknown' ELSE score_reason END
        AS score_reason),
    tokens_per_move IS NOT NULL AND NOT EXISTS (
        FROM models AS other
        WHERE other.games = models.games
            AND other.score >= models.score AND other.tokens_per_move <= models.tokens_per_move
            AND (other.score > models.score OR other.tokens_per_move < models.tokens_per_move)
    ) AS front
FROM models
ORDER BY games, tokens_per_move, agent

-- Fill the tables of calls and decisions from the view `chunk` of load.sql, and from the table `judged`
-- of the values of decisions.

INSERT INTO calls BY NAME
SELECT episode_id, part.*
FROM (SELECT episode_id, unnest(calls) AS part FROM chunk);

-- Prices are known here, not while playing: a corrected price plays nothing again. NULL for bots.
INSERT INTO decisions BY NAME
WITH cached AS (
    SELECT episode_id, ply, seat, sum(cached_tokens)::BIGINT AS cached_tokens
    FROM calls GROUP BY episode_id, ply, seat
),

decided AS (
    SELECT episode_id, unnest(decisions) AS part FROM chunk
)

SELECT
    decided.episode_id, part.*,
    usd(
        part.prompt_tokens, cached_tokens, part.completion_tokens,
        input_price, cached_price, output_price
    ) AS cost_usd,
    best_value, value, regret, optimal, trivial, oracle
FROM decided
LEFT JOIN agents ON agents.agent = part.agent
LEFT JOIN cached ON
    cached.episode_id = decided.episode_id
    AND cached.ply = part.ply AND cached.seat = part.seat
LEFT JOIN judged ON
    judged.episode_id = decided.episode_id
    AND judged.ply = part.ply AND judged.seat = part.seat;

DROP VIEW chunk;

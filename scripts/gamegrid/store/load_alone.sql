-- Take single moves of one agent from the chunk files listed in the variable `chunks`, asked for as
-- the variable `asked` says: their runs and calls, and the view `moves` that the tables of moves are
-- filled from.

CREATE OR REPLACE TEMP VIEW chunk AS
SELECT *
FROM read_parquet(getvariable('chunks'), union_by_name = true, hive_partitioning = false);

INSERT INTO runs BY NAME
SELECT DISTINCT run.*
FROM chunk
ORDER BY ALL;

INSERT INTO calls_alone BY NAME
SELECT asked, game, agent, episode_id, part.*
FROM (
    SELECT getvariable('asked') AS asked, game, matchup AS agent, episode_id, unnest(calls) AS part
    FROM chunk
    WHERE status <> 'error'
);

CREATE OR REPLACE TEMP VIEW moves AS
WITH cached AS (
    SELECT episode_id, ply, seat, sum(cached_tokens)::BIGINT AS cached_tokens
    FROM calls_alone WHERE asked = getvariable('asked') GROUP BY episode_id, ply, seat
),

decided AS (
    SELECT game, deal, seating, episode_id, unnest(decisions) AS part
    FROM chunk
    WHERE status <> 'error'
)

SELECT
    game, deal, seating, decided.episode_id, part.*,
    usd(
        part.prompt_tokens, cached_tokens, part.completion_tokens,
        input_price, cached_price, output_price
    ) AS cost_usd
FROM decided
LEFT JOIN agents ON agents.agent = part.agent
LEFT JOIN cached ON
    cached.episode_id = decided.episode_id
    AND cached.ply = part.ply AND cached.seat = part.seat;

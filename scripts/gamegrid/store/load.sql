-- Fill the tables of episodes from the chunk files listed in the variable `chunks`. The view `chunk`
-- stays for load_decisions.sql. Chunk files of earlier versions name no task; they hold episodes.

CREATE TEMP VIEW chunk AS
SELECT * REPLACE (coalesce(task, 'episode') AS task)
FROM (
    FROM read_parquet(getvariable('chunks'), union_by_name = true, hive_partitioning = false)
    UNION ALL BY NAME
    SELECT NULL::VARCHAR AS task WHERE false
);

-- A chunk file holds several runs where it took episodes over from a shorter one.
INSERT INTO runs BY NAME
SELECT DISTINCT run.*
FROM chunk
ORDER BY ALL;

INSERT INTO episodes BY NAME
SELECT
    episode_id, run_id, matchup, game, deal, seating, seed, status, plies, trajectory,
    duration_s, error
FROM chunk
WHERE task = 'episode';

INSERT INTO single_moves BY NAME
SELECT
    episode_id, task, run_id, game, matchup AS agent, seed, status, trajectory, duration_s, error,
    CASE task WHEN 'probe' THEN seating ELSE deal END AS number,
    CASE task WHEN 'probe' THEN deal ELSE 0 END AS sample
FROM chunk
WHERE task <> 'episode';

-- Scales are known here, not while playing.
INSERT INTO seats BY NAME
SELECT
    episode_id, part.seat, part.agent, part."return", part.score, part.strict_score,
    part.strict_return, part.fallbacks,
    CASE
        WHEN scale.reason IS NULL
            THEN (part."return" - random_return) / (reference_return - random_return)
    END AS normalized_return
FROM (
    SELECT episode_id, game, unnest(seats) AS part FROM chunk WHERE task = 'episode'
) AS seated
LEFT JOIN return_scales AS scale ON scale.game = seated.game AND scale.seat = part.seat;

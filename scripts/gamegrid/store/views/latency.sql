-- table: 150
-- paper: by game; model, median s = latency_p50_s, 95th percentile s = latency_p95_s, tokens_per_s, usd_per_episode, calls

CREATE VIEW model_jobs AS
WITH asked AS (
    SELECT
        calls.backend, calls.model, hosted, episodes.game, episodes.run_id,
        count(*) FILTER (WHERE NOT replayed) AS bought
    FROM calls
    JOIN episodes USING (episode_id)
    JOIN seats USING (episode_id, seat)
    JOIN agents ON agents.agent = seats.agent
    GROUP BY ALL
)

SELECT
    backend, model, game,
    sum(bought)::BIGINT AS bought,
    sum(wall_s) FILTER (WHERE bought > 0) AS wall_s,
    -- A hosted model may share a job with one that holds GPUs.
    CASE WHEN NOT hosted THEN sum(wall_s * gpus) FILTER (WHERE bought > 0) / 3600 END AS gpu_hours
FROM asked JOIN runs USING (run_id)
GROUP BY backend, model, hosted, game;

COMMENT ON VIEW model_jobs IS 'The time and the GPU hours of the jobs of each model. The work of a job counts in full for each of its models, because they wait for each other.';
COMMENT ON COLUMN model_jobs.backend IS 'name | the backend | calls.backend';
COMMENT ON COLUMN model_jobs.model IS 'name | the model''s id | calls.model';
COMMENT ON COLUMN model_jobs.game IS 'name | the game | games.game';
COMMENT ON COLUMN model_jobs.bought IS 'calls | calls that were not answered from the journal | calls.replayed';
COMMENT ON COLUMN model_jobs.wall_s IS 'seconds | wall time of the jobs that bought replies; NULL if none did | runs.wall_s';
COMMENT ON COLUMN model_jobs.gpu_hours IS 'GPU hours | wall time of the jobs that bought replies, multiplied by their GPUs; NULL for hosted models | runs.gpus';

CREATE VIEW model_games AS
WITH priced AS (
    SELECT
        calls.*, episodes.game,
        usd(
            calls.prompt_tokens, calls.cached_tokens, calls.completion_tokens,
            input_price, cached_price, output_price
        ) AS usd
    FROM calls
    JOIN episodes USING (episode_id)
    JOIN seats USING (episode_id, seat)
    JOIN agents ON agents.agent = seats.agent
)

SELECT
    backend, model, game,
    count(*) AS calls,
    count(DISTINCT episode_id) AS episodes,
    quantile_cont(latency_s, 0.5) AS latency_p50_s,
    quantile_cont(latency_s, 0.95) AS latency_p95_s,
    sum(completion_tokens) FILTER (WHERE latency_s IS NOT NULL)
        / nullif(sum(latency_s) FILTER (WHERE completion_tokens IS NOT NULL), 0) AS tokens_per_s,
    any_value(bought) AS bought,
    any_value(bought) / nullif(any_value(wall_s), 0) AS calls_per_s,
    any_value(gpu_hours) AS gpu_hours,
    coalesce(
        CASE WHEN count(usd) = count(*) THEN sum(usd) END,
        any_value(gpu_hours) * (SELECT usd_per_gpu_hour FROM grid)
            * count(*) / nullif(any_value(bought), 0)
    ) AS usd
FROM priced LEFT JOIN model_jobs USING (backend, model, game)
GROUP BY backend, model, game;

COMMENT ON VIEW model_games IS 'How fast each model answered in each game and what it cost. The view latency explains it.';
COMMENT ON COLUMN model_games.episodes IS 'episodes | episodes with the model | episodes';
COMMENT ON COLUMN model_games.bought IS 'calls | calls that were not answered from the journal | calls.replayed';


CREATE VIEW latency AS
SELECT
    backend, model, game, calls, latency_p50_s, latency_p95_s, tokens_per_s, calls_per_s,
    gpu_hours, usd, usd / episodes AS usd_per_episode
FROM model_games
ORDER BY backend, model, game;

COMMENT ON VIEW latency IS
'How fast each model answered in the episodes of each game, and what an episode with it cost. Self-play counts; single moves in positions and probes do not: see usage.';
COMMENT ON COLUMN latency.backend IS 'name | the backend | calls.backend';
COMMENT ON COLUMN latency.model IS 'name | the model''s id | calls.model';
COMMENT ON COLUMN latency.game IS 'name | the game | games.game';
COMMENT ON COLUMN latency.calls IS 'calls | requests answered, including rethinks and replayed ones | calls';
COMMENT ON COLUMN latency.latency_p50_s IS 'seconds | median time of the successful request; under load this includes waiting in the engine | calls.latency_s';
COMMENT ON COLUMN latency.latency_p95_s IS 'seconds | time that 95 of 100 successful requests do not exceed | calls.latency_s';
COMMENT ON COLUMN latency.tokens_per_s IS 'tokens per second | completion tokens divided by the time of their requests: the speed of one request, not the throughput | calls';
COMMENT ON COLUMN latency.calls_per_s IS 'calls per second | calls bought divided by the wall time of the jobs that bought them, which includes the thinking time of other agents; NULL if nothing was bought | calls, runs';
COMMENT ON COLUMN latency.gpu_hours IS 'GPU hours | wall time of the jobs that bought replies, multiplied by their GPUs; NULL for hosted models | runs';
COMMENT ON COLUMN latency.usd IS 'USD | tokens at the model''s prices; for models without a price, GPU hours at usd_per_gpu_hour, with replayed calls at the same rate; NULL if neither is known | calls, agents, grid';
COMMENT ON COLUMN latency.usd_per_episode IS 'USD per episode | usd divided by the episodes with the model | computed';

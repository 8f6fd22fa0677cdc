-- Totals of the run, in one row.
SELECT
    (SELECT count(*) FROM agents) AS agents,
    (SELECT count(*) FROM agents WHERE model IS NOT NULL) AS models,
    (SELECT count(*) FROM games) AS games,
    (SELECT count(*) FROM episodes) AS episodes,
    (SELECT count(*) FROM episodes WHERE status = 'error') AS unfinished,
    (SELECT interim FROM grid) AS interim,
    (SELECT coalesce(max(look), 1) FROM paired) AS look,
    (SELECT count(*) FROM decisions JOIN episodes USING (episode_id)) AS decisions,
    (SELECT coalesce(sum(calls), 0)::BIGINT FROM usage) AS calls,
    (SELECT coalesce(sum(replayed), 0)::BIGINT FROM usage) AS replayed,
    (SELECT sum(prompt_tokens)::BIGINT FROM usage) AS prompt_tokens,
    (SELECT sum(completion_tokens)::BIGINT FROM usage) AS completion_tokens,
    (SELECT CASE WHEN count(cost_usd) = count(*) THEN sum(cost_usd) END FROM usage) AS cost_usd,
    (SELECT min(started_at) FROM runs) AS first_start,
    (SELECT max(started_at) FROM runs) AS last_start,
    (SELECT count(*) FROM runs) AS jobs,
    (SELECT any_value(config ORDER BY started_at DESC, run_id) FROM runs) AS config

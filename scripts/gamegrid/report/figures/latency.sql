SELECT
    game, model, backend, latency_p50_s, latency_p95_s,
    CASE WHEN latency_p50_s IS NULL THEN 'not measured' END AS reason,
    tokens_per_s, calls_per_s, calls, gpu_hours, usd, usd_per_episode
FROM latency
ORDER BY game, model

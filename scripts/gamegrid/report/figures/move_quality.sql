SELECT
    game, agent, optimal_rate, low, high, reason, mean_regret, judged, trivial, decisions, oracle
FROM move_quality
WHERE optimal_rate IS NOT NULL

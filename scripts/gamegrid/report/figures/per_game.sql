SELECT
    game, scoring, rank, ranked_among, agent,
    by_scoring(scoring, score, strict_return, mean_return) AS measure,
    low, high, reason, strict_score, beats, mean_return, joint_return, deals, distinct_episodes,
    forfeited, truncated, fallbacks, dropped_deals
FROM per_game
WHERE deals > 0

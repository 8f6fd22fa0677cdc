SELECT
    games, rank, ranked_among, agent, score, score_low, score_high, score_reason, strict_score,
    tied_group, rating, rating_low, rating_high, rating_reason, deals, distinct_episodes,
    dropped_deals
FROM leaderboard
WHERE score IS NOT NULL

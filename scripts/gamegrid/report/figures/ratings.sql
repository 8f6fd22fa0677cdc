SELECT
    rating_set, agent, rating, rating_low, rating_high, rating_reason, tied_group, deals,
    distinct_episodes
FROM leaderboard
WHERE rating IS NOT NULL
ORDER BY rating_set, rating DESC, agent

-- Every agent in the order of the page: that of the leaderboard, so by rating, then by name. Agents
-- without a rating follow by their mean place in the games that rank them, from 0 to 1.
WITH places AS (
    SELECT agent, avg((rank - 1) / greatest(ranked_among - 1, 1)) AS place
    FROM per_game
    WHERE rank IS NOT NULL
    GROUP BY agent
)

SELECT agent, sweep, params, model IS NULL AS bot
FROM agents
LEFT JOIN leaderboard USING (agent)
LEFT JOIN places USING (agent)
ORDER BY
    rating_set NULLS LAST, leaderboard.rank NULLS LAST, rating DESC NULLS LAST,
    place NULLS LAST, agent

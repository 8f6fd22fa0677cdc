-- The seats of the episode $episode. `results` are the rows of seat_outcomes.sql.
SELECT agent, model IS NOT NULL AS model, "return", score, strict_score, outcome
FROM results LEFT JOIN agents USING (agent)
WHERE episode_id = $episode
ORDER BY seat

-- The decisions of the episode $episode, in order.
SELECT ply, seat, observation, legal, label, status, best_value, regret, optimal
FROM decisions
WHERE episode_id = $episode
ORDER BY ply, seat

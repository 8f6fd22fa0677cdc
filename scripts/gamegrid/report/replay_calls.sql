-- The replies of models in the episode $episode, in order, with the messages they answer.
SELECT ply, seat, messages, reply, reasoning, failure, completion_tokens, latency_s
FROM calls
WHERE episode_id = $episode
ORDER BY ply, seat, attempt

-- Every reply of a model, with the decision it led to and the outcome of the episode. A filter that
-- is NULL selects everything. Episodes with transport errors are left out. `results` are the rows of
-- seat_outcomes.sql.

SELECT
    episode_id, game, matchup, deal, seating, started_at, seat, results.agent, call.model,
    outcome, "return", score, strict_score, ply, attempt,
    messages, reply, call.reasoning, finish_reason, failure,
    -- Whether the move comes from this reply: true for the last one, unless a bot had to help.
    attempt = attempts - 1 AND decision.status IN ('ok', 'rethought') AS own,
    observation, legal, label AS move, decision.status, best_value, value, regret, optimal,
    call.prompt_tokens, call.completion_tokens, reasoning_tokens, cached_tokens, call.latency_s,
    replayed, duration_s, wall_s
FROM calls AS call
JOIN decisions AS decision USING (episode_id, ply, seat)
JOIN results USING (episode_id, seat)
JOIN episodes AS episode USING (episode_id)
JOIN runs USING (run_id)
WHERE episode.status <> 'error'
    AND coalesce(game = $game, true)
    AND coalesce(results.agent = $agent, true)
    AND coalesce(call.model = $model, true)
    AND coalesce(episode_id = $episode, true)
    AND CASE WHEN $outcome IS NULL THEN true ELSE coalesce(outcome = $outcome, false) END
ORDER BY game, matchup, deal, seating, ply, seat, attempt

-- What queries of one's own begin with: decisions and calls with the columns of their episode and
-- seat. Tables that both name an agent, a status or a number of tokens are joined here, once.

CREATE VIEW moves AS
SELECT
    episode.episode_id, game, matchup, deal, seating, decision.ply, decision.seat, decision.agent,
    decision.status, label, action, regret, optimal, trivial, best_value, value, oracle, attempts,
    decision.reasoning, latency_s, prompt_tokens, completion_tokens, cost_usd, observation, legal,
    score, strict_score, "return", strict_return
FROM decisions AS decision
JOIN episodes AS episode USING (episode_id)
JOIN seats USING (episode_id, seat)
WHERE episode.status <> 'error';

COMMENT ON VIEW moves IS 'Every decision in whole games, with its episode and what its seat got in the end. Episodes with status error are left out.';
COMMENT ON COLUMN moves.game IS 'name | the game | games.game';
COMMENT ON COLUMN moves.matchup IS 'name | the matchup | episodes.matchup';
COMMENT ON COLUMN moves.deal IS 'number from 0 | the deal | episodes.deal';
COMMENT ON COLUMN moves.seating IS 'number from 0 | the seating | episodes.seating';
COMMENT ON COLUMN moves.score IS '0 to 1 | what the seat scored in the episode; NULL outside win_loss games | seats.score';
COMMENT ON COLUMN moves.strict_score IS '0 to 1 | the same if the first fallback counted as a forfeit; NULL outside win_loss games | seats.strict_score';
COMMENT ON COLUMN moves.return IS 'the game''s own units | what the seat got in the episode; NULL unless it was played to its end | seats.return';
COMMENT ON COLUMN moves.strict_return IS 'the game''s own units | the same if the first fallback counted as a forfeit; NULL outside margin games | seats.strict_return';

CREATE VIEW replies AS
SELECT
    calls.episode_id, game, matchup, deal, seating, calls.ply, calls.seat, agent, attempt,
    calls.reply, calls.reasoning, failure, finish_reason, move.status AS move_status,
    move.label, move.regret, score, strict_score, "return", strict_return,
    model, model_served, fingerprint, backend, messages, calls.prompt_tokens,
    calls.completion_tokens, reasoning_tokens, cached_tokens, calls.latency_s, transport_attempts,
    maybe_billed, replayed, likelihoods
FROM calls JOIN moves AS move USING (episode_id, ply, seat);

COMMENT ON VIEW replies IS 'Every reply of a model in whole games, with the move it led to. Episodes with status error are left out.';
COMMENT ON COLUMN replies.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN replies.game IS 'name | the game | games.game';
COMMENT ON COLUMN replies.matchup IS 'name | the matchup | episodes.matchup';
COMMENT ON COLUMN replies.deal IS 'number from 0 | the deal | episodes.deal';
COMMENT ON COLUMN replies.seating IS 'number from 0 | the seating | episodes.seating';
COMMENT ON COLUMN replies.move_status IS 'ok, rethought, fallback or forfeit | whose move was played in the end | moves.status';
COMMENT ON COLUMN replies.label IS 'label | the move that was played; NULL for a forfeit | moves.label';
COMMENT ON COLUMN replies.regret IS 'the game''s own units | its regret; NULL if unknown | moves.regret';
COMMENT ON COLUMN replies.score IS '0 to 1 | what the seat scored in the episode; NULL outside win_loss games | seats.score';
COMMENT ON COLUMN replies.strict_score IS '0 to 1 | the same if the first fallback counted as a forfeit; NULL outside win_loss games | seats.strict_score';
COMMENT ON COLUMN replies.return IS 'the game''s own units | what the seat got in the episode; NULL unless it was played to its end | seats.return';
COMMENT ON COLUMN replies.strict_return IS 'the game''s own units | the same if the first fallback counted as a forfeit; NULL outside margin games | seats.strict_return';

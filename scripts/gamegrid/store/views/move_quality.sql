-- table: 70
-- paper: by game; agent, optimal_rate [low, high], mean_regret, judged
-- An agent's own decisions only: a fallback is not its skill. Where all legal moves are worth the
-- same, there is nothing to get right: such decisions count for neither rate nor regret.
CREATE VIEW move_quality AS
SELECT
    agent, game,
    count(*) AS decisions,
    avg(optimal::INTEGER) FILTER (WHERE NOT trivial) AS optimal_rate,
    any_value(low) AS low,
    any_value(high) AS high,
    coalesce(
        any_value(quality_intervals.reason), CASE WHEN any_value(low) IS NULL THEN 'no deals' END
    ) AS reason,
    avg(regret) FILTER (WHERE NOT trivial) AS mean_regret,
    count(regret) FILTER (WHERE NOT trivial) AS judged,
    count(*) FILTER (WHERE trivial) AS trivial,
    any_value(decision.oracle) AS oracle
FROM decisions AS decision
JOIN episodes AS episode USING (episode_id)
JOIN matchups USING (game, matchup)
LEFT JOIN quality_intervals USING (game, agent)
WHERE episode.status <> 'error' AND decision.status IN ('ok', 'rethought') AND NOT self_play
GROUP BY agent, game
ORDER BY game, agent;

COMMENT ON VIEW move_quality IS
'Each agent''s own decisions compared with best play, in the positions that its own games led to. Fallbacks and self-play are excluded.';
COMMENT ON COLUMN move_quality.agent IS 'name | the agent | decisions.agent';
COMMENT ON COLUMN move_quality.game IS 'name | the game | games.game';
COMMENT ON COLUMN move_quality.decisions IS 'decisions | decisions that the agent made itself | decisions.status';
COMMENT ON COLUMN move_quality.optimal_rate IS '0 to 1 | share of the judged decisions that were optimal; NULL if nothing was judged or the oracle is an equilibrium. Agents met different positions, so do not compare this across models | decisions.optimal';
COMMENT ON COLUMN move_quality.low IS '0 to 1 | lower end of the 95 % interval of optimal_rate over deals; NULL: see reason | quality_intervals.low';
COMMENT ON COLUMN move_quality.high IS '0 to 1 | upper end of the same interval | quality_intervals.high';
COMMENT ON COLUMN move_quality.reason IS 'words | the reason there is no interval, where "no deals" means that nothing was judged; NULL if there is one | quality_intervals.reason';
COMMENT ON COLUMN move_quality.mean_regret IS 'the game''s own units | mean over the judged decisions of the best value minus the value of the chosen move, given best play afterwards; for an equilibrium, against that equilibrium. NULL if nothing was judged. Agents met different positions, so do not compare this across models | decisions.regret';
COMMENT ON COLUMN move_quality.judged IS 'decisions | decisions behind optimal_rate and mean_regret: those in which the legal moves differ in value; for an equilibrium, only decisions that it can lead to | decisions.regret';
COMMENT ON COLUMN move_quality.trivial IS 'decisions | decisions in which all legal moves have the same value; excluded from rate and regret | decisions.trivial';
COMMENT ON COLUMN move_quality.oracle IS 'word | exact, or the name of the equilibrium that values refer to; NULL if the game has no oracle | decisions.oracle';

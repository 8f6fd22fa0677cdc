CREATE VIEW regret_by_ply AS
SELECT
    game, agent, ply,
    sum(regret) / sum(moves) AS mean_regret,
    any_value(low) AS low,
    any_value(high) AS high,
    any_value(reason) AS reason,
    sum(moves)::BIGINT AS judged,
    count(*) AS deals
FROM measured_plies LEFT JOIN regret_intervals USING (game, agent, ply)
GROUP BY game, agent, ply
ORDER BY game, agent, ply;

COMMENT ON VIEW regret_by_ply IS
'What each agent''s own decisions cost, by how far the episode had got. These are the decisions behind mean_regret in move_quality.';
COMMENT ON COLUMN regret_by_ply.game IS 'name | the game | games.game';
COMMENT ON COLUMN regret_by_ply.agent IS 'name | the agent | decisions.agent';
COMMENT ON COLUMN regret_by_ply.ply IS 'number from 0 | decisions of the episode before this one, without openings | decisions.ply';
COMMENT ON COLUMN regret_by_ply.mean_regret IS 'the game''s own units | mean over the judged decisions of the best value minus the value of the chosen move | decisions.regret';
COMMENT ON COLUMN regret_by_ply.low IS 'the game''s own units | lower end of its 95 % interval over deals; NULL: see reason | regret_intervals.low';
COMMENT ON COLUMN regret_by_ply.high IS 'the game''s own units | upper end of the same interval | regret_intervals.high';
COMMENT ON COLUMN regret_by_ply.reason IS 'words | the reason there is no interval; NULL if there is one | regret_intervals.reason';
COMMENT ON COLUMN regret_by_ply.judged IS 'decisions | decisions behind the mean: the agent''s own ones in which the legal moves differ in value | decisions.regret';
COMMENT ON COLUMN regret_by_ply.deals IS 'deals | deals with such a decision at this ply | episodes.deal';

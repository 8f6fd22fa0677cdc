-- table: 80
-- paper: by game; agent, optimal_rate [low, high], mean_regret = mean_regret [regret_low, regret_high], answered, positions
-- Here a move that was not the agent's own is an answer it did not give.
CREATE VIEW position_quality AS
SELECT
    agent, game,
    count(*) AS positions,
    avg(coalesce(optimal, false)::INTEGER) AS optimal_rate,
    any_value(low) AS low,
    any_value(high) AS high,
    any_value(reason) AS reason,
    avg(regret) AS mean_regret,
    any_value(regret_low) AS regret_low,
    any_value(regret_high) AS regret_high,
    any_value(regret_reason) AS regret_reason,
    count(regret) AS answered
FROM positions LEFT JOIN position_intervals USING (game, agent)
GROUP BY agent, game
ORDER BY game, agent;

COMMENT ON VIEW position_quality IS
'One move of each agent in each of the same positions, in games that are solved exactly. No position is trivial, and the rows of different agents compare.';
COMMENT ON COLUMN position_quality.agent IS 'name | the agent | positions.agent';
COMMENT ON COLUMN position_quality.game IS 'name | the game | games.game';
COMMENT ON COLUMN position_quality.positions IS 'positions | positions that the agent was asked in | positions';
COMMENT ON COLUMN position_quality.optimal_rate IS '0 to 1 | share of the positions in which the agent itself made a best move | positions.optimal';
COMMENT ON COLUMN position_quality.low IS '0 to 1 | lower end of the 95 % interval of optimal_rate over positions chosen in the same way; NULL: see reason | position_intervals.low';
COMMENT ON COLUMN position_quality.high IS '0 to 1 | upper end of the same interval | position_intervals.high';
COMMENT ON COLUMN position_quality.reason IS 'words | the reason there is no interval, where "deals" stands for positions; NULL if there is one | position_intervals.reason';
COMMENT ON COLUMN position_quality.mean_regret IS 'the game''s own units | mean over the answered positions of the best value minus the value of the chosen move | positions.regret';
COMMENT ON COLUMN position_quality.regret_low IS 'the game''s own units | lower end of the 95 % interval of mean_regret; NULL: see regret_reason | position_intervals.regret_low';
COMMENT ON COLUMN position_quality.regret_high IS 'the game''s own units | upper end of the same interval | position_intervals.regret_high';
COMMENT ON COLUMN position_quality.regret_reason IS 'words | the reason there is no interval of mean_regret, where "deals" stands for positions. "all deals equal": every answer was best, for example | position_intervals.regret_reason';
COMMENT ON COLUMN position_quality.answered IS 'positions | positions in which the agent made a legal move itself | positions.regret';

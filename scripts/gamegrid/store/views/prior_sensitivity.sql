-- table: 58
CREATE VIEW prior_sensitivity AS
SELECT
    agent, rival, prior, main, games, families, mean, low, high, reason, better, family_sd
FROM games_like_these
ORDER BY agent, rival NULLS FIRST, main DESC, prior;

COMMENT ON VIEW prior_sensitivity IS
'What between_games and better_at_games say under other assumptions about how much families of games differ. If an answer changes with the prior, it rests on the assumption and not on the results: more families are needed.';
COMMENT ON COLUMN prior_sensitivity.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN prior_sensitivity.rival IS 'name | the agent that it is compared with; NULL for the agent''s own score | agents.agent';
COMMENT ON COLUMN prior_sensitivity.prior IS 'words | what is assumed about family_sd before any game is played, and its scale in units of a score (of half a difference) | computed';
COMMENT ON COLUMN prior_sensitivity.main IS 'true or false | whether between_games and better_at_games use this prior | computed';
COMMENT ON COLUMN prior_sensitivity.games IS 'names | the win_loss games behind the row | games.game';
COMMENT ON COLUMN prior_sensitivity.families IS 'families | number of families among them | games.family';
COMMENT ON COLUMN prior_sensitivity.mean IS '0 to 1 for a score, -1 to 1 for a difference | mean over families of the mean over games, which does not depend on the prior | seats.score';
COMMENT ON COLUMN prior_sensitivity.low IS 'as mean | lower end of the 95 % interval over other families of games like these; NULL: see reason | computed';
COMMENT ON COLUMN prior_sensitivity.high IS 'as mean | upper end of the same interval | computed';
COMMENT ON COLUMN prior_sensitivity.reason IS 'words | the reason there is no interval; NULL if there is one | computed';
COMMENT ON COLUMN prior_sensitivity.better IS '0 to 1 | probability that the difference over games like these is above 0; NULL for a score, and with one family | computed';
COMMENT ON COLUMN prior_sensitivity.family_sd IS '0 to 1/2 for a score, 0 to 1 for a difference | standard deviation between families: the median of its posterior. NULL with one family | computed';

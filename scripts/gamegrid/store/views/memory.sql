-- table: 165
-- paper: by game; agent, difference [low, high], p = p_adjusted, plain, disguised, disguise
CREATE VIEW memory AS
SELECT
    agent, game, disguise, scoring, opponents, deals, same_play, plain, disguised, difference,
    low, high, reason, p, p_adjusted
FROM memory_differences JOIN games USING (game)
ORDER BY agent, game, disguise;

COMMENT ON VIEW memory IS
'Memory against skill: what an agent got in a plain game minus what it got in the same deals of the same game told as another story. An agent that reasons about the rules gets the same in both; one that recalls the plain game gets less in the disguise. Only opponents without a model count, because they play the same in both.';
COMMENT ON COLUMN memory.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN memory.game IS 'name | the game in its own words | games.game';
COMMENT ON COLUMN memory.disguise IS 'name | the same game in the words of another story | games.disguise_of';
COMMENT ON COLUMN memory.scoring IS 'win_loss, margin, payoff or solo | what counts in both games | games.scoring';
COMMENT ON COLUMN memory.opponents IS 'names | the opponents without a model that the agent met in both games; empty if there are none | seats.agent';
COMMENT ON COLUMN memory.deals IS 'deals | deals that count in both games against all these opponents | episodes';
COMMENT ON COLUMN memory.same_play IS '0 to 1 | share of the episodes against these opponents that went move by move as in the other game, with each opponent weighing the same; 1 for bots, which cannot read; NULL without such opponents | episodes.trajectory';
COMMENT ON COLUMN memory.plain IS 'as score in win_loss games, strict_return in margin games, else mean_return | mean over these deals in the plain game; NULL without deals | seats';
COMMENT ON COLUMN memory.disguised IS 'as plain | mean over the same deals in the disguise | seats';
COMMENT ON COLUMN memory.difference IS 'as plain | plain minus disguised: above 0 if the agent does better where it knows the story | computed';
COMMENT ON COLUMN memory.low IS 'as plain | lower end of the 95 % interval of the difference, paired by deal; NULL: see reason | computed';
COMMENT ON COLUMN memory.high IS 'as plain | upper end of the same interval | computed';
COMMENT ON COLUMN memory.reason IS 'words | the reason there is no interval: same moves, if every episode went the same in both games; only models met; else as in paired. NULL if there is one | computed';
COMMENT ON COLUMN memory.p IS '0 to 1 | two-sided p of the test in paired that the agent gets the same in both games; NULL without deals and with the same moves | computed';
COMMENT ON COLUMN memory.p_adjusted IS '0 to 1 | p adjusted for all rows of this table (Holm 1979): the probability of any false claim | computed';

-- table: 168
CREATE VIEW sweep_best AS
SELECT
    sweep, game,
    coalesce(scoring, 'win_loss') AS scoring,
    candidates, best, deals, found, corrected, low, high, reason, same_choice
FROM sweep_winners LEFT JOIN games USING (game)
ORDER BY sweep, game NULLS FIRST;

COMMENT ON VIEW sweep_best IS
'The best variant of each sweep, corrected for having been chosen as the best. Its own mean and interval in the other tables are right for an agent that was named before the games; for one that was chosen by these results they are too high and too short. Models written out one by one that differ only in their template count as a sweep.';
COMMENT ON COLUMN sweep_best.sweep IS 'name | the entry of the configuration with the sweep; for models written out one by one, their names | agents.sweep';
COMMENT ON COLUMN sweep_best.game IS 'name | the game; NULL for all win_loss games together, weighted as on the leaderboard, if there are several and all variants played them | games.game';
COMMENT ON COLUMN sweep_best.scoring IS 'win_loss, margin, payoff or solo | what counts in the game | games.scoring';
COMMENT ON COLUMN sweep_best.candidates IS 'agents | number of variants with deals, among which the best is chosen | agents.agent';
COMMENT ON COLUMN sweep_best.best IS 'name | the variant with the highest mean; of equal ones the first by name. NULL if the variants met different opponents | agents.agent';
COMMENT ON COLUMN sweep_best.deals IS 'deals | deals of the best variant, where a deal that several opponents share is one | episodes';
COMMENT ON COLUMN sweep_best.found IS 'as score in win_loss games, strict_return in margin games, else mean_return | its mean, as in the other tables: too high on average | seats';
COMMENT ON COLUMN sweep_best.corrected IS 'as found | the mean by which each tenth of the deals judges the variant that is best in the other deals; NULL with fewer than two deals that all variants share | computed';
COMMENT ON COLUMN sweep_best.low IS 'as found | lower end of the 95 % interval of the best variant''s true mean, over deals, which holds although it was chosen; NULL: see reason | computed';
COMMENT ON COLUMN sweep_best.high IS 'as found | upper end of the same interval | computed';
COMMENT ON COLUMN sweep_best.reason IS 'words | the reason there is no interval: other opponents, if the variants do not compare; else as in per_game. NULL if there is one | computed';
COMMENT ON COLUMN sweep_best.same_choice IS '0 to 1 | share of the tenths of the deals without which the same variant is the best: if it is low, luck made the choice | computed';

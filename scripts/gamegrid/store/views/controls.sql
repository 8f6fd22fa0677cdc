-- table: 170
CREATE VIEW controls AS
SELECT name, game, matchup, agent, seat, expected, found, low, high, deals, passed, reason
FROM control_checks
ORDER BY passed NULLS LAST, name, game, matchup, agent, seat;

COMMENT ON VIEW controls IS 'Checks that the results make of themselves: what bots of known policies got in each seat against what these policies give, exactly, and best play against what it is sure of. All is well with probability 0.999 or more of every one passing, over all of them together. One that fails says that no number of these results is to be trusted.';
COMMENT ON COLUMN controls.name IS 'word | random: random play alone; self_play: a bot against itself; bots: different bots; oracle: best play, which never gets less in the mean than its seat is worth | control_checks.name';
COMMENT ON COLUMN controls.game IS 'name | the game | control_checks.game';
COMMENT ON COLUMN controls.matchup IS 'name | the matchup, or that bots played it beside the grid on its own luck; NULL where no check could be made | control_checks.matchup';
COMMENT ON COLUMN controls.agent IS 'name | the agent | control_checks.agent';
COMMENT ON COLUMN controls.seat IS 'number from 0 | the seat it sat in | control_checks.seat';
COMMENT ON COLUMN controls.expected IS 'as score in win_loss games, strict_return in margin games, else as return | what the policies give in the mean; of oracle what best play gets at least | control_checks.expected';
COMMENT ON COLUMN controls.found IS 'as expected | the mean over the deals that count | control_checks.found';
COMMENT ON COLUMN controls.low IS 'as expected | least mean that luck explains, by Chernoff''s bound on the exact distribution; of oracle the value itself, which single deals may miss by luck: then betting against it decides | control_checks.low';
COMMENT ON COLUMN controls.high IS 'as expected | largest mean that luck explains; NULL for oracle, which may get any more | control_checks.high';
COMMENT ON COLUMN controls.deals IS 'deals | deals behind found | control_checks.deals';
COMMENT ON COLUMN controls.passed IS 'true or false | whether mean and share of each result are as they should be; NULL where no check could be made | control_checks.passed';
COMMENT ON COLUMN controls.reason IS 'words | where a check failed, the result that came too often or too seldom, if one did; where none could be made, why | control_checks.reason';

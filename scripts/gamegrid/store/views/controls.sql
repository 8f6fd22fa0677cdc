-- table: 170
CREATE VIEW controls AS
SELECT name, game, matchup, agent, seat, expected, found, low, high, deals, passed, reason
FROM control_checks
ORDER BY passed NULLS LAST, name, game, matchup, agent, seat;

COMMENT ON VIEW controls IS
'Checks that the results make on themselves: what bots with known policies got in each seat against what these policies yield exactly, and best play against the value it guarantees. If all is well, every check passes with probability 0.999 or more, over all of them together. If one fails, do not trust any number of these results.';
COMMENT ON COLUMN controls.name IS 'word | random: only random play; self_play: a bot against itself; bots: different bots; oracle: best play, which on average gets at least the value of its seat | control_checks.name';
COMMENT ON COLUMN controls.game IS 'name | the game | control_checks.game';
COMMENT ON COLUMN controls.matchup IS 'name | the matchup; "beside the grid" for bots that played outside it with luck of their own; NULL if no check could be made | control_checks.matchup';
COMMENT ON COLUMN controls.agent IS 'name | the agent | control_checks.agent';
COMMENT ON COLUMN controls.seat IS 'number from 0 | the seat of the agent | control_checks.seat';
COMMENT ON COLUMN controls.expected IS 'as score in win_loss games, strict_return in margin games, else as return | the mean that the policies yield; for oracle, the least that best play gets on average | control_checks.expected';
COMMENT ON COLUMN controls.found IS 'as expected | the mean over the deals that count | control_checks.found';
COMMENT ON COLUMN controls.low IS 'as expected | least mean that luck explains, by Chernoff''s bound on the exact distribution; for oracle the value itself, which single deals may miss by luck: a betting test then decides | control_checks.low';
COMMENT ON COLUMN controls.high IS 'as expected | largest mean that luck explains; NULL for oracle, which may get more | control_checks.high';
COMMENT ON COLUMN controls.deals IS 'deals | deals behind found | control_checks.deals';
COMMENT ON COLUMN controls.passed IS 'true or false | whether the mean and the share of each result are as expected; NULL if no check could be made | control_checks.passed';
COMMENT ON COLUMN controls.reason IS 'words | for a failed check, the result that came too often or too rarely, if there is one; without a check, the reason there is none | control_checks.reason';

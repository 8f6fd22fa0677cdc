-- table: 170
CREATE VIEW controls AS
SELECT
    name, game, matchup, agent, seat, expected, found, low, high, deals, noticed_shift,
    noticed_share, passed, reason
FROM control_checks
ORDER BY passed NULLS LAST, name, game, matchup, agent, seat;

COMMENT ON VIEW controls IS
'Checks that the results make on themselves: what bots with known policies got in each seat, and in all their games together, against what these policies yield exactly; best play against the value it guarantees; and the luck of many deals against the rules. If all is well, all checks together pass with a probability of 0.999 or more. If one fails, do not trust any number of these results. noticed_shift and noticed_share say how small a fault each check would have found.';
COMMENT ON COLUMN controls.name IS 'word | in one seat of a matchup: random (only random play), self_play (a bot against itself), bots (different bots), oracle (best play, which on average gets at least the value of its seat). Before the first decision: luck (how often each outcome of a chance event or each move of an opening comes). Over all games together: agent (all that one bot got), first_seat (all that seat 0 got), favourite (all that the agents got that are expected to get more than the mean of their matchup, less what the others got) | control_checks.name';
COMMENT ON COLUMN controls.game IS 'name | the game; NULL over all games | control_checks.game';
COMMENT ON COLUMN controls.matchup IS 'name | the matchup; "beside the grid" for bots that played outside it with luck of their own; NULL if no check could be made, for luck and over all games | control_checks.matchup';
COMMENT ON COLUMN controls.agent IS 'name | the agent; NULL for luck, first_seat and favourite | control_checks.agent';
COMMENT ON COLUMN controls.seat IS 'number from 0 | the seat of the agent; NULL for luck, agent and favourite | control_checks.seat';
COMMENT ON COLUMN controls.expected IS 'as score in win_loss games, strict_return in margin games, else as return | the mean that the policies yield; for oracle, the least that best play gets on average; for luck, the probability of the outcome that is furthest from its own; over all games 0 | control_checks.expected';
COMMENT ON COLUMN controls.found IS 'as expected | the mean over the deals that count; for luck, the share of the deals; over all games, the mean by which results exceed what the policies yield, as a share of the range of results of each game (-1 to 1) | control_checks.found';
COMMENT ON COLUMN controls.low IS 'as expected | least mean that luck explains, by Chernoff''s bound on the exact distribution; for oracle the value itself, which single deals may miss by luck: a betting test then decides; NULL over all games, where a betting test decides | control_checks.low';
COMMENT ON COLUMN controls.high IS 'as expected | largest mean that luck explains; NULL for oracle, which may get more, and over all games | control_checks.high';
COMMENT ON COLUMN controls.deals IS 'deals | deals behind found; over all games, deals of one game and luck count once | control_checks.deals';
COMMENT ON COLUMN controls.noticed_shift IS 'as found | the smallest planted fault that so many deals would have shown with 80 % probability, as a shift of the mean: any fault that moves it by so much or more, up or down (for oracle, down). 0.05 in a win_loss game means one win in twenty. NULL if no shift would have been found, and for luck | computed';
COMMENT ON COLUMN controls.noticed_share IS '0 to 1 | the same for shares of the deals: any fault that makes one of the results (for luck, one of the outcomes; for oracle where best play can never get less, one below the value) so much more frequent or rarer. 0.05 means that it comes in five of a hundred deals more, or fewer, than it should. NULL if no change would have been found, and for checks of the mean alone | computed';
COMMENT ON COLUMN controls.passed IS 'true or false | whether the mean and the share of each result are as expected; NULL if no check could be made | control_checks.passed';
COMMENT ON COLUMN controls.reason IS 'words | for a failed check, the result that came too often or too rarely, if there is one; without a check, the reason there is none | control_checks.reason';

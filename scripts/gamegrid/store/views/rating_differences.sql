-- table: 15
CREATE VIEW rating_differences AS
SELECT
    rating_set, agent, rival, verdict, difference, low, high, reason,
    expected_score, expected_low, expected_high, p_adjusted
FROM rating_pairs
ORDER BY rating_set, difference DESC, agent, rival;

COMMENT ON VIEW rating_differences IS
'How much stronger the better of two agents is, over all rated games, and the score that this means. One row per pair of a rating set.';
COMMENT ON COLUMN rating_differences.rating_set IS 'number from 0 | the set of agents that matches link | ratings.rating_set';
COMMENT ON COLUMN rating_differences.agent IS 'name | the agent that is stronger by these matches | agents.agent';
COMMENT ON COLUMN rating_differences.rival IS 'name | the other agent | agents.agent';
COMMENT ON COLUMN rating_differences.verdict IS 'words | better, or not told apart: p_adjusted below 0.05, or not. The letters and possible ranks of leaderboard follow from it | computed';
COMMENT ON COLUMN rating_differences.difference IS 'rating points | how much stronger the agent is, 0 or more, from the matches alone. With a suite it may differ a little from the difference of the ratings, which rest on the frozen ones, too | episodes, seats';
COMMENT ON COLUMN rating_differences.low IS 'rating points | lower end of its interval over other deals of the same games. The interval allows for the number of pairs: it holds 0 exactly if the verdict is not told apart. NULL: see reason | episodes, seats';
COMMENT ON COLUMN rating_differences.high IS 'rating points | upper end of the same interval | episodes, seats';
COMMENT ON COLUMN rating_differences.reason IS 'words | the reason the interval or one of its ends is missing; NULL if both are there | computed';
COMMENT ON COLUMN rating_differences.expected_score IS '0 to 1 | the mean score of the agent against the rival that the difference means by the fitted model: a draw counts one half, each seat equally often, games as in the ratings | first_moves';
COMMENT ON COLUMN rating_differences.expected_low IS '0 to 1 | expected_score at low; 0 if there is no lower end, NULL without an interval | computed';
COMMENT ON COLUMN rating_differences.expected_high IS '0 to 1 | expected_score at high; 1 if there is no upper end, NULL without an interval | computed';
COMMENT ON COLUMN rating_differences.p_adjusted IS '0 to 1 | p of the two being equally strong, adjusted for the number of pairs of the set (Holm 1979) | computed';

-- table: 56
-- paper: agent, rating = rating [rating_like_low, rating_like_high], score = score [score_like_low, score_like_high], families
CREATE VIEW between_games AS
WITH scores AS (
    SELECT
        agent, games, families, mean AS score, low, high, reason, family_sd
    FROM games_like_these
    WHERE rival IS NULL AND main
)

SELECT
    agent, games, families, score,
    score_intervals.low AS score_low,
    score_intervals.high AS score_high,
    score_intervals.reason AS score_reason,
    scores.low AS score_like_low,
    scores.high AS score_like_high,
    scores.reason AS score_like_reason,
    family_sd,
    rating,
    ratings.low AS rating_low,
    ratings.high AS rating_high,
    ratings.reason AS rating_reason,
    ratings.like_low AS rating_like_low,
    ratings.like_high AS rating_like_high,
    ratings.like_reason AS rating_like_reason,
    rating_set
FROM scores
LEFT JOIN score_intervals USING (agent)
LEFT JOIN ratings USING (agent)
ORDER BY games, score DESC, agent;

COMMENT ON VIEW between_games IS
'How far a result reaches beyond the games played. Beside each interval over other deals of these games stands one over other families of games like these: the second is about being better at games, the first about being better at these. Only win_loss games.';
COMMENT ON COLUMN between_games.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN between_games.games IS 'names | the win_loss games that count for this agent | games.game';
COMMENT ON COLUMN between_games.families IS 'families | number of families among them | games.family';
COMMENT ON COLUMN between_games.score IS '0 to 1 | mean over families of the mean over games, as on the leaderboard | seats.score';
COMMENT ON COLUMN between_games.score_low IS '0 to 1 | lower end of its 95 % interval over other deals of these games; NULL: see score_reason | score_intervals.low';
COMMENT ON COLUMN between_games.score_high IS '0 to 1 | upper end of the same interval | score_intervals.high';
COMMENT ON COLUMN between_games.score_reason IS 'words | the reason there is no such interval; NULL if there is one | score_intervals.reason';
COMMENT ON COLUMN between_games.score_like_low IS '0 to 1 | lower end of its 95 % interval over other families of games like these and other deals of them, against the same opponents; NULL: see score_like_reason | games_like_these.low';
COMMENT ON COLUMN between_games.score_like_high IS '0 to 1 | upper end of the same interval | games_like_these.high';
COMMENT ON COLUMN between_games.score_like_reason IS 'words | the reason there is no such interval: one family says nothing about others; NULL if there is one | games_like_these.reason';
COMMENT ON COLUMN between_games.family_sd IS '0 to 1/2 | standard deviation of the agent''s score between families, the luck of the deals apart: the median of its posterior. NULL with one family | games_like_these.family_sd';
COMMENT ON COLUMN between_games.rating IS 'rating points | as on the leaderboard; NULL without a rated match | ratings.rating';
COMMENT ON COLUMN between_games.rating_low IS 'rating points | lower end of its 95 % interval over other deals of these games; NULL: see rating_reason | ratings.low';
COMMENT ON COLUMN between_games.rating_high IS 'rating points | upper end of the same interval | ratings.high';
COMMENT ON COLUMN between_games.rating_reason IS 'words | the reason that interval or one of its ends is missing | ratings.reason';
COMMENT ON COLUMN between_games.rating_like_low IS 'rating points | lower end of the rating''s 95 % interval over other families of games like these; NULL: see rating_like_reason | ratings.like_low';
COMMENT ON COLUMN between_games.rating_like_high IS 'rating points | upper end of the same interval | ratings.like_high';
COMMENT ON COLUMN between_games.rating_like_reason IS 'words | the reason that interval or one of its ends is missing | ratings.like_reason';
COMMENT ON COLUMN between_games.rating_set IS 'number from 0 | the set of agents that matches link; ratings of different sets do not compare | ratings.rating_set';

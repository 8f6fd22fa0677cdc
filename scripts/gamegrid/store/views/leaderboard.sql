-- table: 10
-- paper: by rating_set; agent, rank, rating, group = tied_group, score, expected_score, strict_score, deals
CREATE VIEW leaderboard AS
WITH counted AS (
    SELECT agent, game, family, deals, distinct_episodes, score, strict_score
    FROM per_game JOIN games USING (game)
    WHERE games.scoring = 'win_loss' AND deals > 0
),

families AS (
    SELECT agent, family, avg(score) AS score, avg(strict_score) AS strict_score
    FROM counted
    GROUP BY agent, family
),

scores AS (
    SELECT agent, avg(score) AS score, avg(strict_score) AS strict_score
    FROM families
    GROUP BY agent
),

sums AS (
    SELECT
        agent,
        sum(deals)::BIGINT AS deals,
        sum(distinct_episodes)::BIGINT AS distinct_episodes,
        string_agg(game, ', ' ORDER BY game) AS games
    FROM counted
    GROUP BY agent
),

drops AS (
    SELECT agent, sum(dropped_deals)::BIGINT AS dropped_deals
    FROM per_game
    WHERE scoring = 'win_loss'
    GROUP BY agent
)

SELECT
    agent,
    rating,
    ratings.low AS rating_low,
    ratings.high AS rating_high,
    CASE
        WHEN rating IS NOT NULL THEN ratings.reason
        WHEN provisional IS NOT NULL THEN 'provisional'
        ELSE 'no deals'
    END AS rating_reason,
    expected_score, expected_low, expected_high,
    tied_group, rating_set,
    CASE WHEN anchored THEN (SELECT any_value(suite) FROM ladder) END AS rating_suite,
    coalesce(deals, 0) AS deals,
    coalesce(distinct_episodes, 0) AS distinct_episodes,
    score,
    score_intervals.low AS score_low,
    score_intervals.high AS score_high,
    score_intervals.reason AS score_reason,
    score_intervals.worst_low AS score_worst_low,
    score_intervals.worst_high AS score_worst_high,
    strict_score,
    rank, rank_low, rank_high,
    CASE WHEN rating IS NOT NULL THEN count(*) OVER (PARTITION BY rating_set) END AS ranked_among,
    games,
    coalesce(dropped_deals, 0) AS dropped_deals,
    nash_average, nash_warning,
    provisional
FROM agents
LEFT JOIN scores USING (agent)
LEFT JOIN sums USING (agent)
LEFT JOIN drops USING (agent)
LEFT JOIN ratings USING (agent)
LEFT JOIN score_intervals USING (agent)
LEFT JOIN nash_averages USING (agent)
LEFT JOIN provisional_over_games USING (agent)
ORDER BY rating_set NULLS LAST, rank, provisional IS NOT NULL, agent;

COMMENT ON VIEW leaderboard IS
'The agents over all win_loss games, ranked by rating, because a rating takes into account whom an agent met. Agents that no matches link are in different rating sets, each with ranks of its own. The score is the mean over families of the mean over the family''s games, so that variants of one game weigh as one; it ranks nobody, because opponents differ. A model whose results are provisional has no rating and no rank. Ranks within a game are in per_game, and so are margin, payoff and solo games: their amounts have no common unit.';
COMMENT ON COLUMN leaderboard.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN leaderboard.rating IS 'rating points | strength on one scale over all rated games, with equal weights for families. 400 points are odds of ten to one, draws aside. 0 is the first bot of the ladder (random in core-v1) if rating_suite names a suite, else the mean of the agents that the results bound against each other; NULL without a match | ratings.rating';
COMMENT ON COLUMN leaderboard.rating_low IS 'rating points | lower end of its 95 % interval over other deals of the same games; NULL: see rating_reason | ratings.low';
COMMENT ON COLUMN leaderboard.rating_high IS 'rating points | upper end of the same interval | ratings.high';
COMMENT ON COLUMN leaderboard.rating_reason IS 'words | the reason the interval or one of its ends is missing; no deals: the agent played no match that counts; provisional: see provisional; NULL if both ends are there | ratings.reason';
COMMENT ON COLUMN leaderboard.expected_score IS '0 to 1 | what the rating means: the mean score, by the fitted model, against an opponent rated 0. A draw counts one half, so where most matches are drawn a high rating means little more than 1/2. Each seat equally often, games as in the ratings; NULL without a rating | ratings.expected_score';
COMMENT ON COLUMN leaderboard.expected_low IS '0 to 1 | expected_score at rating_low; NULL without an interval | ratings.expected_low';
COMMENT ON COLUMN leaderboard.expected_high IS '0 to 1 | expected_score at rating_high; NULL without an interval | ratings.expected_high';
COMMENT ON COLUMN leaderboard.tied_group IS 'letters | agents share a letter exactly if they are in one rating_set and their matches cannot tell them apart (5 %, Holm over all pairs); NULL without a rating | ratings.tied_group';
COMMENT ON COLUMN leaderboard.rating_set IS 'number from 0 | the set of agents that matches link; ratings of different sets do not compare | ratings.rating_set';
COMMENT ON COLUMN leaderboard.rating_suite IS 'name | the suite whose scale the rating is on: its bots keep the ratings of its frozen games, so ratings of any two results with this suite compare; NULL: the scale is that of these results only | ladder.suite';
COMMENT ON COLUMN leaderboard.deals IS 'deals | win_loss deals that count, once per matchup | per_game.deals';
COMMENT ON COLUMN leaderboard.distinct_episodes IS 'episodes | distinct (game, matchup, seating, trajectory) among them | per_game.distinct_episodes';
COMMENT ON COLUMN leaderboard.score IS '0 to 1 | mean over families of the mean over games; NULL without a win_loss game | per_game.score';
COMMENT ON COLUMN leaderboard.score_low IS '0 to 1 | lower end of the score''s 95 % interval over deals; NULL: see score_reason | score_intervals.low';
COMMENT ON COLUMN leaderboard.score_high IS '0 to 1 | upper end of the same interval | score_intervals.high';
COMMENT ON COLUMN leaderboard.score_reason IS 'words | the reason there is no interval of the score; NULL if there is one | score_intervals.reason';
COMMENT ON COLUMN leaderboard.score_worst_low IS '0 to 1 | lower end of the score''s interval if each missing result of the dropped deals had been a loss; NULL if no deal was dropped | score_intervals.worst_low';
COMMENT ON COLUMN leaderboard.score_worst_high IS '0 to 1 | upper end of the interval if each missing result had been a win; NULL like score_worst_low | score_intervals.worst_high';
COMMENT ON COLUMN leaderboard.strict_score IS '0 to 1 | the same mean if the first fallback of an episode counted as a forfeit | per_game.strict_score';
COMMENT ON COLUMN leaderboard.rank IS 'rank from 1 | place by rating within the rating_set; equal ratings share a place; NULL without a rating, and see provisional | ratings.rank';
COMMENT ON COLUMN leaderboard.rank_low IS 'rank from 1 | the best place that is possible: one more than the number of agents of the set that are stronger beyond luck. The ranges of all agents hold together with 95 % probability | ratings.rank_low';
COMMENT ON COLUMN leaderboard.rank_high IS 'rank from 1 | the worst place that is possible | ratings.rank_high';
COMMENT ON COLUMN leaderboard.ranked_among IS 'agents | number of agents in the rating_set; NULL without a rating | computed';
COMMENT ON COLUMN leaderboard.games IS 'names | the win_loss games that count for this agent | per_game.game';
COMMENT ON COLUMN leaderboard.dropped_deals IS 'deals | win_loss deals that do not count, once per matchup | per_game.dropped_deals';
COMMENT ON COLUMN leaderboard.nash_average IS '-1/2 to 0 | mean score minus one half against the mixture of agents that no agent beats, over the matches behind the ratings, with equal weights for families. 0 for agents that belong in such a mixture; clones and easy opponents count for nothing. Compares within a rating_set; NULL without a rating | nash_averages.nash_average';
COMMENT ON COLUMN leaderboard.nash_warning IS 'words | at the agent with the best rating, if in 95 % of resamples of the deals or more it belongs in no such mixture; NULL if luck may explain a disagreement | nash_averages.nash_warning';
COMMENT ON COLUMN leaderboard.provisional IS 'words | why a model has no rating and no rank: over its win_loss games, fewer than half of its moves are its own, or fewer than half of its episodes could be finished; NULL for all other agents | own_moves.reason';

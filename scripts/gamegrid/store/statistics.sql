-- Statistics that SQL cannot compute. statistics.py fills these tables from the views of layers.sql,
-- once per build. A missing end of an interval is NULL, and `reason` says why.

CREATE TABLE cell_intervals (
    game VARCHAR NOT NULL,
    matchup VARCHAR NOT NULL,
    agent VARCHAR NOT NULL,
    low DOUBLE,
    high DOUBLE,
    reason VARCHAR,
    worst_low DOUBLE,
    worst_high DOUBLE
);

COMMENT ON TABLE cell_intervals IS 'Intervals of each agent''s mean in each matchup, without self-play.';
COMMENT ON COLUMN cell_intervals.game IS 'name | the game | games.game';
COMMENT ON COLUMN cell_intervals.matchup IS 'name | the matchup | episodes.matchup';
COMMENT ON COLUMN cell_intervals.agent IS 'name | the agent | seats.agent';
COMMENT ON COLUMN cell_intervals.low IS 'as score in win_loss games, strict_return in margin games, else mean_return | lower end of the 95 % interval over deals; NULL: see reason | deal_values';
COMMENT ON COLUMN cell_intervals.high IS 'as low | upper end of the same interval | deal_values';
COMMENT ON COLUMN cell_intervals.reason IS 'words | the reason there is no interval: no deals, one deal, all deals equal (unbounded returns only), deterministic (nothing draws luck: no agent, no opening and no event of the game, so every deal is the same) | computed';
COMMENT ON COLUMN cell_intervals.worst_low IS 'as low | lower end of the 95 % interval if each missing result of the dropped deals had been the lowest that the rules allow; NULL if none was dropped or there is no such interval | dropped_sittings';
COMMENT ON COLUMN cell_intervals.worst_high IS 'as low | upper end of the interval if each missing result had been the highest that the rules allow | dropped_sittings';

CREATE TABLE game_intervals (
    game VARCHAR NOT NULL,
    agent VARCHAR NOT NULL,
    low DOUBLE,
    high DOUBLE,
    reason VARCHAR,
    worst_low DOUBLE,
    worst_high DOUBLE
);

COMMENT ON TABLE game_intervals IS 'Intervals of each agent''s mean over its opponents in each game.';
COMMENT ON COLUMN game_intervals.game IS 'name | the game | games.game';
COMMENT ON COLUMN game_intervals.agent IS 'name | the agent | seats.agent';
COMMENT ON COLUMN game_intervals.low IS 'as in cell_intervals | lower end of the 95 % interval; a deal that opponents share is one observation | deal_values';
COMMENT ON COLUMN game_intervals.high IS 'as low | upper end of the same interval | deal_values';
COMMENT ON COLUMN game_intervals.reason IS 'words | as in cell_intervals | computed';
COMMENT ON COLUMN game_intervals.worst_low IS 'as low | lower end of the 95 % interval if each missing result of the dropped deals had been the lowest that the rules allow; NULL if none was dropped or there is no such interval | dropped_sittings';
COMMENT ON COLUMN game_intervals.worst_high IS 'as low | upper end of the interval if each missing result had been the highest that the rules allow | dropped_sittings';

CREATE TABLE normalized_intervals (
    game VARCHAR NOT NULL,
    agent VARCHAR NOT NULL,
    low DOUBLE,
    high DOUBLE,
    reason VARCHAR
);

COMMENT ON TABLE normalized_intervals IS 'Intervals of each agent''s normalized return in each margin game.';
COMMENT ON COLUMN normalized_intervals.game IS 'name | the game | games.game';
COMMENT ON COLUMN normalized_intervals.agent IS 'name | the agent | seats.agent';
COMMENT ON COLUMN normalized_intervals.low IS 'share of the way from random play to best play against it | lower end of the 95 % interval | deal_values';
COMMENT ON COLUMN normalized_intervals.high IS 'as low | upper end of the same interval | deal_values';
COMMENT ON COLUMN normalized_intervals.reason IS 'words | the reason there is no scale, or as in cell_intervals | return_scales, computed';

CREATE TABLE corrected_means (
    game VARCHAR NOT NULL,
    agent VARCHAR NOT NULL,
    rival VARCHAR,
    deals INTEGER NOT NULL,
    mean DOUBLE,
    low DOUBLE,
    high DOUBLE,
    reason VARCHAR,
    corrected DOUBLE,
    corrected_low DOUBLE,
    corrected_high DOUBLE,
    corrected_reason VARCHAR,
    variance_left DOUBLE,
    known_moves DOUBLE,
    value_function VARCHAR
);

COMMENT ON TABLE corrected_means IS 'The rows of the view corrected_returns, which describes them.';

CREATE TABLE seat_intervals (
    game VARCHAR NOT NULL,
    agent VARCHAR NOT NULL,
    seat INTEGER NOT NULL,
    low DOUBLE,
    high DOUBLE,
    reason VARCHAR,
    worst_low DOUBLE,
    worst_high DOUBLE
);

COMMENT ON TABLE seat_intervals IS 'Intervals of each agent''s mean in each seat of each game.';
COMMENT ON COLUMN seat_intervals.game IS 'name | the game | games.game';
COMMENT ON COLUMN seat_intervals.agent IS 'name | the agent | seats.agent';
COMMENT ON COLUMN seat_intervals.seat IS 'number from 0 | the seat | seats.seat';
COMMENT ON COLUMN seat_intervals.low IS 'as score in win_loss games, else mean_return | lower end of the 95 % interval | seat_values';
COMMENT ON COLUMN seat_intervals.high IS 'as low | upper end of the same interval | seat_values';
COMMENT ON COLUMN seat_intervals.reason IS 'words | as in cell_intervals | computed';
COMMENT ON COLUMN seat_intervals.worst_low IS 'as low | lower end of the 95 % interval if each missing result of the dropped deals had been the lowest that the rules allow; NULL if none was dropped or there is no such interval | dropped_sittings';
COMMENT ON COLUMN seat_intervals.worst_high IS 'as low | upper end of the interval if each missing result had been the highest that the rules allow | dropped_sittings';

CREATE TABLE score_intervals (
    agent VARCHAR NOT NULL,
    low DOUBLE,
    high DOUBLE,
    reason VARCHAR,
    worst_low DOUBLE,
    worst_high DOUBLE
);

COMMENT ON TABLE score_intervals IS 'Intervals of each agent''s score over all win_loss games.';
COMMENT ON COLUMN score_intervals.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN score_intervals.low IS '0 to 1 | lower end of the 95 % interval over deals of the same games, where a deal that games share is one observation | deal_values';
COMMENT ON COLUMN score_intervals.high IS '0 to 1 | upper end of the same interval | deal_values';
COMMENT ON COLUMN score_intervals.reason IS 'words | as in cell_intervals, for the first game without an interval; games that cannot vary add nothing to the width | computed';
COMMENT ON COLUMN score_intervals.worst_low IS '0 to 1 | lower end of the 95 % interval if each missing result of the dropped deals had been the lowest that the rules allow; NULL if none was dropped or there is no such interval | dropped_sittings';
COMMENT ON COLUMN score_intervals.worst_high IS '0 to 1 | upper end of the interval if each missing result had been the highest that the rules allow | dropped_sittings';

CREATE TABLE quality_intervals (
    game VARCHAR NOT NULL,
    agent VARCHAR NOT NULL,
    low DOUBLE,
    high DOUBLE,
    reason VARCHAR
);

COMMENT ON TABLE quality_intervals IS 'Intervals of each agent''s share of optimal decisions in each game.';
COMMENT ON COLUMN quality_intervals.game IS 'name | the game | games.game';
COMMENT ON COLUMN quality_intervals.agent IS 'name | the agent | decisions.agent';
COMMENT ON COLUMN quality_intervals.low IS '0 to 1 | lower end of the 95 % interval; all decisions of a deal, whoever the opponent, are one observation | decisions.optimal';
COMMENT ON COLUMN quality_intervals.high IS '0 to 1 | upper end of the same interval | decisions.optimal';
COMMENT ON COLUMN quality_intervals.reason IS 'words | as in cell_intervals | computed';

CREATE TABLE position_intervals (
    game VARCHAR NOT NULL,
    agent VARCHAR NOT NULL,
    low DOUBLE,
    high DOUBLE,
    reason VARCHAR,
    regret_low DOUBLE,
    regret_high DOUBLE,
    regret_reason VARCHAR
);

COMMENT ON TABLE position_intervals IS 'Intervals of each agent''s results in the positions of each game.';
COMMENT ON COLUMN position_intervals.game IS 'name | the game | games.game';
COMMENT ON COLUMN position_intervals.agent IS 'name | the agent | positions.agent';
COMMENT ON COLUMN position_intervals.low IS '0 to 1 | lower end of the 95 % interval of the share of optimal moves; a position is one observation | positions.optimal';
COMMENT ON COLUMN position_intervals.high IS '0 to 1 | upper end of the same interval | positions.optimal';
COMMENT ON COLUMN position_intervals.reason IS 'words | as in cell_intervals, a position standing for a deal | computed';
COMMENT ON COLUMN position_intervals.regret_low IS 'the game''s own units | lower end of the 95 % interval of the mean regret | positions.regret';
COMMENT ON COLUMN position_intervals.regret_high IS 'the game''s own units | upper end of the same interval | positions.regret';
COMMENT ON COLUMN position_intervals.regret_reason IS 'words | as reason | computed';

CREATE TABLE regret_intervals (
    game VARCHAR NOT NULL,
    agent VARCHAR NOT NULL,
    ply INTEGER NOT NULL,
    low DOUBLE,
    high DOUBLE,
    reason VARCHAR
);

COMMENT ON TABLE regret_intervals IS 'Intervals of each agent''s mean regret at each ply.';
COMMENT ON COLUMN regret_intervals.game IS 'name | the game | games.game';
COMMENT ON COLUMN regret_intervals.agent IS 'name | the agent | decisions.agent';
COMMENT ON COLUMN regret_intervals.ply IS 'number from 0 | the ply | decisions.ply';
COMMENT ON COLUMN regret_intervals.low IS 'the game''s own units | lower end of the 95 % interval over deals | decisions.regret';
COMMENT ON COLUMN regret_intervals.high IS 'the game''s own units | upper end of the same interval | decisions.regret';
COMMENT ON COLUMN regret_intervals.reason IS 'words | as in cell_intervals | computed';

CREATE TABLE ratings (
    agent VARCHAR NOT NULL,
    rating DOUBLE NOT NULL,
    low DOUBLE,
    high DOUBLE,
    reason VARCHAR,
    like_low DOUBLE,
    like_high DOUBLE,
    like_reason VARCHAR,
    rating_set INTEGER NOT NULL,
    tied_group VARCHAR NOT NULL,
    anchored BOOLEAN NOT NULL,
    rank INTEGER NOT NULL,
    rank_low INTEGER NOT NULL,
    rank_high INTEGER NOT NULL,
    expected_score DOUBLE NOT NULL,
    expected_low DOUBLE,
    expected_high DOUBLE
);

COMMENT ON TABLE ratings IS 'Strength on one scale from all rated games (those without per_game.unrated_reason): Davidson''s model with draws and a first-mover effect. Only deals that count, without self-play. A match with more than two seats counts as its pairs of seats. The unit of the intervals is the deal, over all games with the same luck: a disguise adds no deal to its plain game.';
COMMENT ON COLUMN ratings.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN ratings.rating IS 'rating points | 400 points are odds of ten to one, draws aside; 0 is the first bot of the ladder if anchored, else the mean of the agents of the set that the results bound against each other | episodes, seats';
COMMENT ON COLUMN ratings.low IS 'rating points | lower end of the 95 % interval over other deals of the same games | episodes, seats';
COMMENT ON COLUMN ratings.high IS 'rating points | upper end of the same interval | episodes, seats';
COMMENT ON COLUMN ratings.reason IS 'words | the reason the interval or one of its ends is missing: no lower (upper) end, if the agent never did better (worse); anchored here, if the scale rests on this agent; one deal or family | computed';
COMMENT ON COLUMN ratings.like_low IS 'rating points | lower end of the 95 % interval over other families of games | episodes, seats';
COMMENT ON COLUMN ratings.like_high IS 'rating points | upper end of the same interval | episodes, seats';
COMMENT ON COLUMN ratings.like_reason IS 'words | the reason that interval or one of its ends is missing | computed';
COMMENT ON COLUMN ratings.rating_set IS 'number from 0 | the set of agents that matches link; each set has its own scale | computed';
COMMENT ON COLUMN ratings.tied_group IS 'letters | agents share a letter exactly if they are in one set and cannot be told apart (5 %, Holm over all pairs) | computed';
COMMENT ON COLUMN ratings.anchored IS 'true or false | whether the set is on the scale of the suite, whose bots keep the ratings of its frozen games. Ratings of any two results with this suite compare | ladder.rating';
COMMENT ON COLUMN ratings.rank IS 'rank from 1 | place by rating within the set | ratings.rating';
COMMENT ON COLUMN ratings.rank_low IS 'rank from 1 | the best place that the tests of all pairs of the set leave possible | computed';
COMMENT ON COLUMN ratings.rank_high IS 'rank from 1 | the worst such place | computed';
COMMENT ON COLUMN ratings.expected_score IS '0 to 1 | the mean score, by the fitted model, against an opponent rated 0: a draw counts 1/2, each seat equally often, games as in the ratings | first_moves';
COMMENT ON COLUMN ratings.expected_low IS '0 to 1 | expected_score at the lower end of the rating''s interval; 0 if it has no lower end, NULL without an interval | ratings.low';
COMMENT ON COLUMN ratings.expected_high IS '0 to 1 | expected_score at the upper end; 1 if it has none | ratings.high';

CREATE TABLE rating_pairs (
    agent VARCHAR NOT NULL,
    rival VARCHAR NOT NULL,
    rating_set INTEGER NOT NULL,
    difference DOUBLE NOT NULL,
    low DOUBLE,
    high DOUBLE,
    reason VARCHAR,
    expected_score DOUBLE NOT NULL,
    expected_low DOUBLE,
    expected_high DOUBLE,
    p_adjusted DOUBLE NOT NULL,
    verdict VARCHAR NOT NULL
);

COMMENT ON TABLE rating_pairs IS 'The rows of the view rating_differences, which describes them.';

CREATE TABLE game_ranks (
    game VARCHAR NOT NULL,
    agent VARCHAR NOT NULL,
    rank_low INTEGER NOT NULL,
    rank_high INTEGER NOT NULL,
    tied_group VARCHAR NOT NULL,
    beats_low DOUBLE,
    beats_high DOUBLE
);

COMMENT ON TABLE game_ranks IS 'How certain the ranks within each game are. All tests of a game are adjusted together, so that its ranges of ranks hold simultaneously with 95 % probability.';
COMMENT ON COLUMN game_ranks.game IS 'name | the game | games.game';
COMMENT ON COLUMN game_ranks.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN game_ranks.rank_low IS 'rank from 1 | the best place that the tests leave possible | computed';
COMMENT ON COLUMN game_ranks.rank_high IS 'rank from 1 | the worst such place | computed';
COMMENT ON COLUMN game_ranks.tied_group IS 'letters | agents of a game share a letter exactly if they are ranked together and neither is above the other beyond luck | computed';
COMMENT ON COLUMN game_ranks.beats_low IS '0 to 1 | in margin games, the share of opponents that the agent beats beyond luck; NULL in others | deal_values';
COMMENT ON COLUMN game_ranks.beats_high IS '0 to 1 | in margin games, the share of opponents that do not beat the agent beyond luck; NULL in others | deal_values';

CREATE TABLE strength_equivalents (
    agent VARCHAR NOT NULL,
    game VARCHAR NOT NULL,
    ladder VARCHAR NOT NULL,
    equivalent DOUBLE,
    low DOUBLE,
    high DOUBLE,
    reason VARCHAR,
    ladder_bots VARCHAR NOT NULL,
    deals INTEGER NOT NULL
);

COMMENT ON TABLE strength_equivalents IS 'The rows of the view strength_equivalent, which describes them.';

CREATE TABLE nash_averages (
    agent VARCHAR NOT NULL,
    nash_average DOUBLE NOT NULL,
    nash_warning VARCHAR
);

COMMENT ON TABLE nash_averages IS 'Each agent against the mixture of agents of its rating set that no agent beats, over the matches behind the ratings.';
COMMENT ON COLUMN nash_averages.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN nash_averages.nash_average IS '-1/2 to 0 | mean score against that mixture minus one half, with equal weights for the matches of a pair | episodes, seats';
COMMENT ON COLUMN nash_averages.nash_warning IS 'words | a warning if the agent with the best rating is in no such mixture, beyond luck; else NULL | episodes, seats';

CREATE TABLE first_moves (
    game VARCHAR NOT NULL,
    rating_set INTEGER NOT NULL,
    first_mover DOUBLE NOT NULL,
    low DOUBLE,
    high DOUBLE,
    reason VARCHAR,
    draw_rate DOUBLE NOT NULL
);

COMMENT ON TABLE first_moves IS 'What the ratings say about each win_loss game.';
COMMENT ON COLUMN first_moves.game IS 'name | the game | games.game';
COMMENT ON COLUMN first_moves.rating_set IS 'number from 0 | the set of agents it was fitted to | ratings.rating_set';
COMMENT ON COLUMN first_moves.first_mover IS 'rating points | the advantage of the lower seat of a pair | episodes, seats';
COMMENT ON COLUMN first_moves.low IS 'rating points | lower end of its 95 % interval | episodes, seats';
COMMENT ON COLUMN first_moves.high IS 'rating points | upper end of the same interval | episodes, seats';
COMMENT ON COLUMN first_moves.reason IS 'words | the reason the interval or one of its ends is missing | computed';
COMMENT ON COLUMN first_moves.draw_rate IS '0 to 1 | probability of a draw between equals without a first-mover effect | episodes, seats';

CREATE TABLE comparisons (
    game VARCHAR,
    agent VARCHAR NOT NULL,
    rival VARCHAR NOT NULL,
    deals INTEGER NOT NULL,
    difference DOUBLE,
    verdict VARCHAR,
    low DOUBLE,
    high DOUBLE,
    reason VARCHAR,
    p DOUBLE,
    adjusted_low DOUBLE,
    adjusted_high DOUBLE,
    p_adjusted DOUBLE,
    m INTEGER NOT NULL,
    anytime_low DOUBLE,
    anytime_high DOUBLE,
    anytime_reason VARCHAR,
    look INTEGER,
    dropped_deals INTEGER NOT NULL,
    worst_low DOUBLE,
    worst_high DOUBLE
);

COMMENT ON TABLE comparisons IS 'The rows of the view paired, which describes them.';

-- Comparisons in the positions that both agents were asked in. A position takes the place of a deal.
CREATE TABLE position_comparisons AS FROM comparisons LIMIT 0;

COMMENT ON TABLE position_comparisons IS 'The rows of the view paired_positions, which describes them.';
COMMENT ON COLUMN position_comparisons.deals IS 'positions | positions that both were asked in | positions';
COMMENT ON COLUMN position_comparisons.anytime_low IS '-1 to 1 | lower end of the 95 % interval that holds, from 20 positions on, no matter how often you look and when you stop; NULL: see anytime_reason | computed';
COMMENT ON COLUMN position_comparisons.anytime_high IS '-1 to 1 | upper end of the same interval | computed';
COMMENT ON COLUMN position_comparisons.anytime_reason IS 'words | the reason there is no anytime interval, where "deals" stands for positions; NULL if there is one | computed';
COMMENT ON COLUMN position_comparisons.look IS 'number from 1 | NULL: looks are counted for deals only | computed';
COMMENT ON COLUMN position_comparisons.dropped_deals IS 'positions | as in paired, a position standing for a deal | computed';
COMMENT ON COLUMN position_comparisons.worst_low IS '-1 to 1 | as in paired, a position standing for a deal | computed';
COMMENT ON COLUMN position_comparisons.worst_high IS '-1 to 1 | as in paired, a position standing for a deal | computed';

CREATE TABLE equivalence_tests (
    game VARCHAR,
    agent VARCHAR NOT NULL,
    rival VARCHAR NOT NULL,
    deals INTEGER NOT NULL,
    margin DOUBLE NOT NULL,
    difference DOUBLE,
    confidence DOUBLE NOT NULL,
    low DOUBLE,
    high DOUBLE,
    reason VARCHAR,
    p DOUBLE,
    p_adjusted DOUBLE,
    m INTEGER NOT NULL,
    equivalent BOOLEAN NOT NULL,
    anytime_equivalent BOOLEAN
);

COMMENT ON TABLE equivalence_tests IS 'The rows of the view equivalence, which describes them.';
COMMENT ON COLUMN equivalence_tests.equivalent IS 'true or false | whether the difference is shown to be within the margin | computed';
COMMENT ON COLUMN equivalence_tests.anytime_equivalent IS 'true or false | the same by the anytime interval; NULL without this interval | computed';

CREATE TABLE open_questions (
    game VARCHAR NOT NULL,
    agent VARCHAR NOT NULL,
    rival VARCHAR NOT NULL,
    deals INTEGER NOT NULL,
    margin DOUBLE,
    answer VARCHAR NOT NULL,
    deals_needed INTEGER,
    next_deals INTEGER
);

COMMENT ON TABLE open_questions IS 'The rows of the view further_deals, which describes them.';

CREATE TABLE games_like_these (
    agent VARCHAR NOT NULL,
    rival VARCHAR, -- NULL for the agent's own score
    prior VARCHAR NOT NULL,
    main BOOLEAN NOT NULL,
    games VARCHAR NOT NULL,
    families INTEGER NOT NULL,
    mean DOUBLE NOT NULL,
    low DOUBLE,
    high DOUBLE,
    reason VARCHAR,
    better DOUBLE,
    family_sd DOUBLE
);

COMMENT ON TABLE games_like_these IS 'The rows of the view prior_sensitivity, which describes them. main: whether the prior is the one behind between_games and better_at_games.';

CREATE TABLE memory_differences (
    agent VARCHAR NOT NULL,
    game VARCHAR NOT NULL,
    disguise VARCHAR NOT NULL,
    opponents VARCHAR NOT NULL,
    deals INTEGER NOT NULL,
    same_play DOUBLE,
    plain DOUBLE,
    disguised DOUBLE,
    difference DOUBLE,
    low DOUBLE,
    high DOUBLE,
    reason VARCHAR,
    p DOUBLE,
    p_adjusted DOUBLE
);

COMMENT ON TABLE memory_differences IS 'The rows of the view memory, which describes them.';

CREATE TABLE sweep_winners (
    sweep VARCHAR NOT NULL,
    game VARCHAR, -- NULL for all win_loss games together
    candidates INTEGER NOT NULL,
    best VARCHAR,
    deals INTEGER NOT NULL,
    found DOUBLE,
    corrected DOUBLE,
    low DOUBLE,
    high DOUBLE,
    reason VARCHAR,
    same_choice DOUBLE
);

COMMENT ON TABLE sweep_winners IS 'The rows of the view sweep_best, which describes them.';

CREATE TABLE control_checks (
    name VARCHAR NOT NULL,
    game VARCHAR,
    matchup VARCHAR,
    agent VARCHAR,
    seat INTEGER,
    expected DOUBLE,
    found DOUBLE,
    low DOUBLE,
    high DOUBLE,
    deals INTEGER NOT NULL,
    noticed_shift DOUBLE,
    noticed_share DOUBLE,
    passed BOOLEAN,
    reason VARCHAR
);

COMMENT ON TABLE control_checks IS 'The rows of the view controls, which describes them.';

-- The preregistered plans of results/preregistration.jsonl. planned.py fills these tables.
CREATE TABLE registrations (
    registered_at VARCHAR NOT NULL,
    sha256 VARCHAR NOT NULL,
    plan JSON NOT NULL,
    played INTEGER NOT NULL,
    looks INTEGER NOT NULL
);

COMMENT ON TABLE registrations IS 'Every preregistered plan in the order of time.';
COMMENT ON COLUMN registrations.registered_at IS 'time, UTC | when the plan was first seen | preregistration.jsonl';
COMMENT ON COLUMN registrations.sha256 IS 'SHA-256 | the digest of plan, as JSON with sorted keys | preregistration.jsonl';
COMMENT ON COLUMN registrations.plan IS 'JSON object | pairs, games and margins; cells holds the SHA-256 of what changes the results of each matchup. Without pairs: the plan was taken out of the configuration | preregistration.jsonl';
COMMENT ON COLUMN registrations.played IS 'matchups | the number of matchups, once per game, that were played or begun before | preregistration.jsonl';
COMMENT ON COLUMN registrations.looks IS 'looks | the number of looks taken before | looks.jsonl';

CREATE TABLE planned_questions (
    game VARCHAR,
    agent VARCHAR NOT NULL,
    rival VARCHAR NOT NULL,
    deals INTEGER,
    margin DOUBLE,
    is_primary BOOLEAN NOT NULL,
    registered_at VARCHAR NOT NULL,
    sha256 VARCHAR NOT NULL
);

COMMENT ON TABLE planned_questions IS 'The rows of the view preregistration, which describes them.';
COMMENT ON COLUMN planned_questions.deals IS 'deals | the planned number of deals; NULL over games | preregistration.jsonl';
COMMENT ON COLUMN planned_questions.is_primary IS 'true or false | whether the plan was on file before any deal of the two agents'' matchups in the game was played | computed';

CREATE TABLE plan_deviations (
    deviation VARCHAR NOT NULL,
    game VARCHAR,
    agent VARCHAR,
    rival VARCHAR,
    matchup VARCHAR,
    planned VARCHAR,
    found VARCHAR,
    since VARCHAR
);

COMMENT ON TABLE plan_deviations IS 'The rows of the view deviations, which describes them.';

CREATE VIEW question_roles AS
SELECT
    game, agent, rival,
    CASE
        WHEN (SELECT count(*) FROM registrations) = 0 THEN NULL
        WHEN bool_or(is_primary) THEN 'primary'
        ELSE 'exploratory'
    END AS role
FROM (
    SELECT game, agent, rival, is_primary FROM planned_questions
    UNION ALL
    SELECT game, agent, rival, false FROM comparisons
)
GROUP BY game, agent, rival;

COMMENT ON VIEW question_roles IS 'Whether each pair that was compared or planned is a primary question of the preregistered plan.';
COMMENT ON COLUMN question_roles.game IS 'name | the game; NULL for all win_loss games together | games.game';
COMMENT ON COLUMN question_roles.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN question_roles.rival IS 'name | the agent that it is compared with | agents.agent';
COMMENT ON COLUMN question_roles.role IS 'primary or exploratory | primary if the plan names the question; NULL without a plan | planned_questions.is_primary';
CREATE TABLE headlines (
    place INTEGER NOT NULL,
    game VARCHAR,
    severity VARCHAR NOT NULL CHECK (severity IN ('bad', 'warn', 'plain')),
    sentence VARCHAR NOT NULL
);

COMMENT ON TABLE headlines IS 'The rows of the view headline, which describes them.';

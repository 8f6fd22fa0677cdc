-- The layers that the tables in views/ are built from, each using those above it: matchups, deals,
-- deal_values (one deal), matchup_values (mean over deals), measured_deals (from which statistics.py
-- fills the tables of statistics.sql).
--
-- The unit of every mean is the deal. A deal counts if all its seatings were played, none ended in
-- a transport error, and the game's measure is known for every seat: the score in win_loss games,
-- the strict return in margin games, the return in others. Other deals are counted as dropped. A
-- matchup of one agent with itself is self-play, and is in no comparison.

CREATE VIEW line_ups AS
SELECT game, matchup, agent, count(*) // count(DISTINCT episode_id) AS copies
FROM episodes JOIN seats USING (episode_id)
GROUP BY game, matchup, agent;

COMMENT ON VIEW line_ups IS 'Which agents sit in each matchup, and how often.';
COMMENT ON COLUMN line_ups.game IS 'name | the game | games.game';
COMMENT ON COLUMN line_ups.matchup IS 'name | the matchup | episodes.matchup';
COMMENT ON COLUMN line_ups.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN line_ups.copies IS 'seats | number of seats that the agent takes in an episode | seats.agent';

CREATE VIEW matchups AS
SELECT
    game, matchup, any_value(scoring) AS scoring, any_value(players) AS players,
    count(DISTINCT seating) AS seatings,
    any_value(players) > 1 AND count(DISTINCT agent) = 1 AS self_play
FROM episodes JOIN seats USING (episode_id) JOIN games USING (game)
GROUP BY game, matchup;

COMMENT ON VIEW matchups IS 'The matchups that were played in each game.';
COMMENT ON COLUMN matchups.game IS 'name | the game | games.game';
COMMENT ON COLUMN matchups.matchup IS 'name | the matchup | episodes.matchup';
COMMENT ON COLUMN matchups.scoring IS 'win_loss, margin, payoff or solo | what counts in the game | games.scoring';
COMMENT ON COLUMN matchups.players IS 'seats | number of seats | games.players';
COMMENT ON COLUMN matchups.seatings IS 'seatings | number of seatings that were played in any deal | episodes.seating';
COMMENT ON COLUMN matchups.self_play IS 'true or false | whether one agent takes all seats of a game for several: such a matchup is in no comparison | seats.agent';

CREATE VIEW opponents AS
SELECT
    me.game, me.matchup, me.agent,
    string_agg(other.agent, ' + ' ORDER BY other.agent) AS opponent,
    list(other.agent ORDER BY other.agent) AS others
FROM line_ups AS me
JOIN line_ups AS other USING (game, matchup),
    range(other.copies - CASE WHEN other.agent = me.agent THEN 1 ELSE 0 END) AS copy
GROUP BY me.game, me.matchup, me.agent;

COMMENT ON VIEW opponents IS 'The other agents of each matchup. An agent that sits there more than once is its own opponent.';
COMMENT ON COLUMN opponents.game IS 'name | the game | games.game';
COMMENT ON COLUMN opponents.matchup IS 'name | the matchup | episodes.matchup';
COMMENT ON COLUMN opponents.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN opponents.opponent IS 'names | the other agents of the matchup, joined by plus signs | seats.agent';
COMMENT ON COLUMN opponents.others IS 'list of names | the same, sorted | seats.agent';

CREATE VIEW deals AS
WITH sittings AS (
    SELECT game, matchup, deal, agent, seat, count(*) AS times
    FROM episodes JOIN seats USING (episode_id)
    GROUP BY game, matchup, deal, agent, seat
),

-- All seatings together put every agent in every seat equally often.
balance AS (
    SELECT game, matchup, deal, bool_and(times * players = copies * seatings) AS balanced
    FROM sittings JOIN line_ups USING (game, matchup, agent) JOIN matchups USING (game, matchup)
    GROUP BY game, matchup, deal
),

outcomes AS (
    SELECT
        game, matchup, deal,
        count(DISTINCT seating) AS played,
        bool_and(status <> 'error') AS finished,
        bool_and(score IS NOT NULL) AS scored,
        bool_and("return" IS NOT NULL) AS returned,
        bool_and(strict_return IS NOT NULL) AS strictly_returned,
        sum("return") / count(DISTINCT seating) AS joint_return
    FROM episodes JOIN seats USING (episode_id)
    GROUP BY game, matchup, deal
),

judged AS (
    SELECT
        game, matchup, deal, self_play, scoring, joint_return, returned,
        played = seatings AND balanced AND finished AS whole,
        by_scoring(scoring, scored, strictly_returned, returned) AS measured
    FROM outcomes JOIN balance USING (game, matchup, deal) JOIN matchups USING (game, matchup)
)

SELECT
    game, matchup, deal, self_play,
    whole AND measured AS counted,
    whole AND returned AS returned,
    CASE WHEN whole AND returned THEN joint_return END AS joint_return
FROM judged;

COMMENT ON VIEW deals IS 'The deals of each matchup, and whether they count. A deal counts if every seating was played without a transport error and gave every seat the result that the game counts.';
COMMENT ON COLUMN deals.game IS 'name | the game | games.game';
COMMENT ON COLUMN deals.matchup IS 'name | the matchup | episodes.matchup';
COMMENT ON COLUMN deals.deal IS 'number from 0 | the deal | episodes.deal';
COMMENT ON COLUMN deals.self_play IS 'true or false | whether one agent takes all seats of a game for several: such a matchup is in no comparison | matchups.self_play';
COMMENT ON COLUMN deals.counted IS 'true or false | whether the deal counts | episodes.status';
COMMENT ON COLUMN deals.returned IS 'true or false | whether every episode was played to the end, so that every seat has a return | seats.return';
COMMENT ON COLUMN deals.joint_return IS 'the game''s own units | mean over the seatings of the sum of all seats'' returns; NULL unless returned | seats.return';

-- Which games are rated, and why the others are not. If best play gains nothing against random
-- moves, as in rock, paper, scissors, results are luck unless an opponent has a habit.
CREATE VIEW rated_games AS
SELECT
    game,
    CASE
        WHEN any_value(scoring) <> 'win_loss' THEN 'not_win_loss'
        WHEN bool_or(reason = 'no_gain') THEN 'no_gain'
    END AS unrated_reason
FROM games LEFT JOIN return_scales USING (game)
GROUP BY game;

COMMENT ON VIEW rated_games IS 'Which games enter the ratings, and why the others do not.';
COMMENT ON COLUMN rated_games.game IS 'name | the game | games.game';
COMMENT ON COLUMN rated_games.unrated_reason IS 'code | why the game does not enter the ratings: not_win_loss or no_gain (best play gains nothing against random moves); NULL if it enters them | return_scales.reason';

CREATE VIEW deal_values AS
SELECT
    game, matchup, deal, agent,
    bool_and(counted) AS counted,
    bool_and(returned) AS returned,
    avg(score) FILTER (WHERE counted) AS score,
    avg(strict_score) FILTER (WHERE counted) AS strict_score,
    avg("return") FILTER (WHERE returned) AS mean_return,
    avg(strict_return) FILTER (WHERE counted) AS strict_return,
    -- Scales are of seats: NULL for the deal unless every seat has one.
    CASE
        WHEN count(*) = count(reference_return) AND bool_and(scale.reason IS NULL)
            THEN avg(
                (strict_return - random_return) / nullif(reference_return - random_return, 0)
            ) FILTER (WHERE counted)
    END AS normalized_return,
    any_value(joint_return) AS joint_return
FROM deals JOIN episodes USING (game, matchup, deal) JOIN seats USING (episode_id)
LEFT JOIN return_scales AS scale USING (game, seat)
WHERE NOT self_play
GROUP BY game, matchup, deal, agent;

COMMENT ON VIEW deal_values IS 'Each agent''s value in each deal: the mean over its seats and seatings. Self-play is excluded.';
COMMENT ON COLUMN deal_values.game IS 'name | the game | games.game';
COMMENT ON COLUMN deal_values.matchup IS 'name | the matchup | episodes.matchup';
COMMENT ON COLUMN deal_values.deal IS 'number from 0 | the deal | episodes.deal';
COMMENT ON COLUMN deal_values.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN deal_values.counted IS 'true or false | whether the deal counts | deals.counted';
COMMENT ON COLUMN deal_values.returned IS 'true or false | whether every episode was played to the end, so that every seat has a return | deals.returned';
COMMENT ON COLUMN deal_values.score IS '0 to 1 | mean score, where a draw is one half; NULL outside win_loss games and unless counted | seats.score';
COMMENT ON COLUMN deal_values.strict_score IS '0 to 1 | mean score if the first fallback counted as a forfeit; NULL like score | seats.strict_score';
COMMENT ON COLUMN deal_values.mean_return IS 'the game''s own units | mean return as played; NULL unless returned | seats.return';
COMMENT ON COLUMN deal_values.strict_return IS 'the game''s own units | mean return if the first fallback counted as a forfeit; NULL outside margin games and unless counted | seats.strict_return';
COMMENT ON COLUMN deal_values.normalized_return IS 'share of the way | strict_return on the scale of each seat, from random play (0) to the best expected return against random play (1); NULL unless every seat has a scale | return_scales.reference_return';
COMMENT ON COLUMN deal_values.joint_return IS 'the game''s own units | mean over the seatings of the sum of all seats'' returns; NULL unless returned | deals.joint_return';

CREATE VIEW seat_values AS
SELECT
    game, matchup, deal, agent, seat,
    count(*) AS episodes,
    avg(score) AS score,
    avg("return") FILTER (WHERE returned) AS mean_return
FROM deals JOIN episodes USING (game, matchup, deal) JOIN seats USING (episode_id)
WHERE counted AND NOT self_play
GROUP BY game, matchup, deal, agent, seat;

COMMENT ON VIEW seat_values IS 'Each agent''s value in each deal that counts, by seat. Self-play is excluded.';
COMMENT ON COLUMN seat_values.game IS 'name | the game | games.game';
COMMENT ON COLUMN seat_values.matchup IS 'name | the matchup | episodes.matchup';
COMMENT ON COLUMN seat_values.deal IS 'number from 0 | the deal | episodes.deal';
COMMENT ON COLUMN seat_values.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN seat_values.seat IS 'number from 0 | the seat | seats.seat';
COMMENT ON COLUMN seat_values.episodes IS 'episodes | episodes of the deal in which the agent sits there | episodes';
COMMENT ON COLUMN seat_values.score IS '0 to 1 | mean score, where a draw is one half; NULL outside win_loss games | seats.score';
COMMENT ON COLUMN seat_values.mean_return IS 'the game''s own units | mean return as played; NULL unless every episode of the deal was played to the end | seats.return';

-- A sitting without a known result was forfeited, cut off, in error or never played. ``played`` is of
-- returns as played, which forfeited deals of margin games lack, too.
CREATE TABLE dropped_sittings AS
WITH open_deals AS (
    SELECT game, matchup, deal, scoring, players, counted
    FROM deals JOIN games USING (game)
    WHERE NOT self_play AND NOT (counted AND (returned OR scoring = 'win_loss'))
),

sat AS (
    SELECT
        game, matchup, deal, agent, seat,
        CASE WHEN status <> 'error'
            THEN by_scoring(scoring, score, strict_return, "return")
        END AS result,
        CASE WHEN status <> 'error'
            THEN by_scoring(scoring, score, "return", "return")
        END AS played
    FROM open_deals JOIN episodes USING (game, matchup, deal) JOIN seats USING (episode_id)
),

known AS (
    SELECT
        game, matchup, deal, agent, seat,
        count(*) AS sat,
        count(result) AS measured,
        sum(result) AS total,
        count(played) AS returned,
        sum(played) AS total_return
    FROM sat
    GROUP BY game, matchup, deal, agent, seat
),

expected AS (
    SELECT
        game, matchup, deal, agent, place.range AS seat, counted,
        copies * seatings / open_deals.players AS balanced,
        by_scoring(open_deals.scoring, 0, lowest_return, lowest_return) AS lowest,
        by_scoring(open_deals.scoring, 1, highest_return, highest_return) AS highest
    FROM open_deals
    JOIN line_ups USING (game, matchup)
    JOIN matchups USING (game, matchup)
    JOIN games USING (game),
        range(open_deals.players) AS place
)

SELECT
    game, matchup, deal, agent, seat, counted,
    -- More than balanced if a seating was never played in any deal.
    greatest(balanced, coalesce(sat, 0)) AS sittings,
    coalesce(total, 0) + (sittings - coalesce(measured, 0)) * lowest AS least,
    coalesce(total, 0) + (sittings - coalesce(measured, 0)) * highest AS most,
    coalesce(total_return, 0) + (sittings - coalesce(returned, 0)) * lowest AS least_played,
    coalesce(total_return, 0) + (sittings - coalesce(returned, 0)) * highest AS most_played
FROM expected LEFT JOIN known USING (game, matchup, deal, agent, seat);

COMMENT ON TABLE dropped_sittings IS 'The least and the most that deals without a value can have been worth, by seat: sums over the agent''s sittings there. A sitting with a known result keeps it; any other may have had any result that the rules allow.';
COMMENT ON COLUMN dropped_sittings.game IS 'name | the game | games.game';
COMMENT ON COLUMN dropped_sittings.matchup IS 'name | the matchup | episodes.matchup';
COMMENT ON COLUMN dropped_sittings.deal IS 'number from 0 | the deal | episodes.deal';
COMMENT ON COLUMN dropped_sittings.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN dropped_sittings.seat IS 'number from 0 | the seat | seats.seat';
COMMENT ON COLUMN dropped_sittings.counted IS 'true or false | whether the deal counts: then only its return is missing | deals.counted';
COMMENT ON COLUMN dropped_sittings.sittings IS 'sittings | how often the agent sits there in the deal, episodes that were not played included | computed';
COMMENT ON COLUMN dropped_sittings.least IS 'as score in win_loss games, strict_return in margin games, else return | the least that the sum of the results can be; NULL if the rules set no limit | games.lowest_return';
COMMENT ON COLUMN dropped_sittings.most IS 'as least | the most that the sum can be | games.highest_return';
COMMENT ON COLUMN dropped_sittings.least_played IS 'as score in win_loss games, else return | the same as least for results as played, which forfeited deals of margin games lack, too | games.lowest_return';
COMMENT ON COLUMN dropped_sittings.most_played IS 'as least_played | the most that this sum can be | games.highest_return';

CREATE VIEW dropped_values AS
SELECT
    game, matchup, deal, agent,
    sum(least) / sum(sittings) AS least,
    sum(most) / sum(sittings) AS most
FROM dropped_sittings
WHERE NOT counted
GROUP BY game, matchup, deal, agent;

COMMENT ON VIEW dropped_values IS 'The least and the most that each agent''s mean in each dropped deal can have been.';
COMMENT ON COLUMN dropped_values.game IS 'name | the game | games.game';
COMMENT ON COLUMN dropped_values.matchup IS 'name | the matchup | episodes.matchup';
COMMENT ON COLUMN dropped_values.deal IS 'number from 0 | the deal | episodes.deal';
COMMENT ON COLUMN dropped_values.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN dropped_values.least IS 'as score in win_loss games, strict_return in margin games, else return | the least; NULL if the rules set no limit | dropped_sittings.least';
COMMENT ON COLUMN dropped_values.most IS 'as least | the most | dropped_sittings.most';

-- A table and not a view, because most tables use it, some more than once, and DuckDB evaluates a
-- view each time it is named.
CREATE TABLE matchup_values AS
WITH lines_of_play AS (
    SELECT game, matchup, count(DISTINCT (seating, trajectory)) AS distinct_episodes
    FROM deals JOIN episodes USING (game, matchup, deal)
    WHERE counted
    GROUP BY game, matchup
)

SELECT
    game, matchup, agent,
    count(*) FILTER (WHERE counted) AS deals,
    count(*) FILTER (WHERE NOT counted) AS dropped_deals,
    count(*) FILTER (WHERE returned) AS return_deals,
    coalesce(any_value(distinct_episodes), 0) AS distinct_episodes,
    avg(score) AS score,
    avg(strict_score) AS strict_score,
    avg(mean_return) AS mean_return,
    avg(strict_return) AS strict_return,
    avg(normalized_return) AS normalized_return,
    avg(joint_return) AS joint_return
FROM deal_values LEFT JOIN lines_of_play USING (game, matchup)
GROUP BY game, matchup, agent;

COMMENT ON TABLE matchup_values IS 'Each agent''s means over the deals of each matchup. Self-play is excluded.';
COMMENT ON COLUMN matchup_values.game IS 'name | the game | games.game';
COMMENT ON COLUMN matchup_values.matchup IS 'name | the matchup | episodes.matchup';
COMMENT ON COLUMN matchup_values.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN matchup_values.deals IS 'deals | deals that count | deal_values.counted';
COMMENT ON COLUMN matchup_values.dropped_deals IS 'deals | deals that do not count | deal_values.counted';
COMMENT ON COLUMN matchup_values.return_deals IS 'deals | deals behind mean_return | deal_values.returned';
COMMENT ON COLUMN matchup_values.distinct_episodes IS 'episodes | distinct (seating, trajectory) among the deals that count | episodes.trajectory';
COMMENT ON COLUMN matchup_values.score IS '0 to 1 | mean score, where a draw is one half; NULL outside win_loss games | deal_values.score';
COMMENT ON COLUMN matchup_values.strict_score IS '0 to 1 | mean score if the first fallback counted as a forfeit | deal_values.strict_score';
COMMENT ON COLUMN matchup_values.mean_return IS 'the game''s own units | mean return as played, over the deals in which every episode was played to the end | deal_values.mean_return';
COMMENT ON COLUMN matchup_values.strict_return IS 'the game''s own units | mean return if the first fallback counted as a forfeit; NULL outside margin games | deal_values.strict_return';
COMMENT ON COLUMN matchup_values.normalized_return IS 'share of the way | strict_return on the scale of each seat, from random play (0) to the best expected return against random play (1); NULL without a scale | deal_values.normalized_return';
COMMENT ON COLUMN matchup_values.joint_return IS 'the game''s own units | mean of the sum of all seats'' returns | deal_values.joint_return';

CREATE VIEW responses AS
SELECT
    game, matchup, agent, best_return,
    CASE WHEN scoring IN ('payoff', 'solo')
        THEN coalesce(reason, CASE WHEN best_return IS NULL THEN 'not_computed' END)
    END AS reason
FROM matchup_values JOIN games USING (game) LEFT JOIN best_responses USING (game, matchup, agent);

COMMENT ON VIEW responses IS 'What the best response to the other agents'' policies could expect in each matchup of payoff and solo games.';
COMMENT ON COLUMN responses.game IS 'name | the game | games.game';
COMMENT ON COLUMN responses.matchup IS 'name | the matchup | episodes.matchup';
COMMENT ON COLUMN responses.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN responses.best_return IS 'the game''s own units | expected return of the best response; NULL: see reason | best_responses.best_return';
COMMENT ON COLUMN responses.reason IS 'code | why best_return is NULL, as in best_responses, or not_computed; NULL if it is known, and in other games | best_responses.reason';

-- Matchups whose means have no sampling error, and why: see Fixed in stats/observations.py.
-- Deterministic: neither the game nor its openings nor an agent draw luck, and so every deal was
-- the same. Every deal played: no agent draws luck, and the deals of a balanced grid are whole rounds,
-- of which none was dropped.
CREATE VIEW fixed_matchups AS
WITH luckless AS (
    SELECT
        game, matchup,
        any_value(chance OR opening_plies > 0) AS dealt,
        any_value(different_deals) AS round_deals
    FROM line_ups JOIN agent_luck USING (game, agent) JOIN games USING (game)
    GROUP BY game, matchup
    HAVING bool_and(NOT draws_luck)
)

SELECT game, matchup, 'deterministic' AS fixed
FROM luckless JOIN episodes USING (game, matchup)
WHERE NOT dealt AND status <> 'error'
GROUP BY game, matchup
HAVING count(DISTINCT (seating, trajectory)) = count(DISTINCT seating)
UNION ALL
SELECT game, matchup, 'every deal played'
FROM luckless JOIN deals USING (game, matchup)
WHERE dealt AND round_deals IS NOT NULL
GROUP BY game, matchup
HAVING bool_and(counted) AND count(*) = count(DISTINCT deal // round_deals) * any_value(round_deals);

COMMENT ON VIEW fixed_matchups IS 'The matchups whose means have no sampling error, and why.';
COMMENT ON COLUMN fixed_matchups.game IS 'name | the game | games.game';
COMMENT ON COLUMN fixed_matchups.matchup IS 'name | the matchup | episodes.matchup';
COMMENT ON COLUMN fixed_matchups.fixed IS 'words | deterministic: nothing draws luck, so every deal is the same; every deal played: no agent draws luck, and the deals are whole rounds of a balanced grid | agent_luck.draws_luck';

CREATE VIEW measured_deals AS
SELECT
    game, luck, family, scoring, matchup, agent, deal, counted, fixed,
    by_scoring(scoring, score, strict_return, mean_return) AS measure,
    -- The measure, or what bounds it in a dropped deal.
    coalesce(measure, least) AS least,
    coalesce(measure, most) AS most,
    normalized_return
FROM deal_values JOIN games USING (game)
LEFT JOIN fixed_matchups USING (game, matchup)
LEFT JOIN dropped_values USING (game, matchup, deal, agent);

COMMENT ON VIEW measured_deals IS 'The measure of each agent per deal, from which the intervals are computed. A deal is one observation, in all games with the same luck together.';
COMMENT ON COLUMN measured_deals.game IS 'name | the game | games.game';
COMMENT ON COLUMN measured_deals.luck IS 'name | what keys the deals: games with the same luck share their deals | games.luck';
COMMENT ON COLUMN measured_deals.family IS 'name | the family of the game: variants of one game share it and weigh as one in averages over games | games.family';
COMMENT ON COLUMN measured_deals.scoring IS 'win_loss, margin, payoff or solo | what counts in the game | games.scoring';
COMMENT ON COLUMN measured_deals.matchup IS 'name | the matchup | episodes.matchup';
COMMENT ON COLUMN measured_deals.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN measured_deals.deal IS 'number from 0 | the deal | episodes.deal';
COMMENT ON COLUMN measured_deals.counted IS 'true or false | whether the deal counts | deals.counted';
COMMENT ON COLUMN measured_deals.fixed IS 'words | why the mean of the matchup has no sampling error: deterministic or every deal played; NULL if it has one | fixed_matchups.fixed';
COMMENT ON COLUMN measured_deals.measure IS 'as score in win_loss games, strict_return in margin games, else mean_return | the agent''s result in the deal; NULL unless counted | deal_values';
COMMENT ON COLUMN measured_deals.least IS 'as measure | the measure, or the least that it can have been in a dropped deal | dropped_values.least';
COMMENT ON COLUMN measured_deals.most IS 'as measure | the measure, or the most that it can have been | dropped_values.most';
COMMENT ON COLUMN measured_deals.normalized_return IS 'share of the way | strict_return on the scale of each seat; NULL without a scale | deal_values.normalized_return';

CREATE VIEW corrected_deals AS
SELECT game, matchup, deal, agent, avg(strict_return + correction) AS corrected
FROM deals JOIN episodes USING (game, matchup, deal) JOIN seats USING (episode_id)
JOIN corrections USING (episode_id, seat)
WHERE counted AND NOT self_play
GROUP BY game, matchup, deal, agent;

COMMENT ON VIEW corrected_deals IS 'The strict returns of margin games with what control variates add, by deal.';
COMMENT ON COLUMN corrected_deals.game IS 'name | the game | games.game';
COMMENT ON COLUMN corrected_deals.matchup IS 'name | the matchup | episodes.matchup';
COMMENT ON COLUMN corrected_deals.deal IS 'number from 0 | the deal | episodes.deal';
COMMENT ON COLUMN corrected_deals.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN corrected_deals.corrected IS 'the game''s own units | mean over the agent''s seats of strict_return plus correction | corrections.correction';

CREATE VIEW correctable AS
WITH used AS (
    SELECT
        game, matchup,
        any_value(corrections.value_function) AS value_function,
        CASE
            WHEN count(corrections.value_function) < count(*) THEN 'no_value_function'
            WHEN count(runs.value_function) < count(*) THEN 'value_function_late'
            WHEN bool_or(runs.value_function <> corrections.value_function)
                THEN 'value_function_changed'
            WHEN count(correction) < count(*) THEN 'policy_contradicted'
        END AS reason
    FROM deals JOIN episodes USING (game, matchup, deal) JOIN seats USING (episode_id)
    JOIN games USING (game) LEFT JOIN runs USING (run_id)
    LEFT JOIN corrections USING (episode_id, seat)
    WHERE scoring = 'margin' AND counted AND NOT self_play
    GROUP BY game, matchup
),

made AS (
    SELECT
        game, matchup, count(*) AS moves, count(*) FILTER (WHERE policy_known) AS known_moves
    FROM deals JOIN episodes USING (game, matchup, deal) JOIN decisions USING (episode_id)
    JOIN agents USING (agent) JOIN games USING (game)
    WHERE scoring = 'margin' AND counted AND NOT self_play
    GROUP BY game, matchup
)

SELECT
    game, matchup, value_function, reason,
    coalesce(moves, 0) AS moves, coalesce(known_moves, 0) AS known_moves
FROM used LEFT JOIN made USING (game, matchup);

COMMENT ON VIEW correctable IS 'Which value function corrects the returns of each matchup of a margin game, or why none may: one that was not on record before the first deal may have been chosen to suit the results.';
COMMENT ON COLUMN correctable.game IS 'name | the game | games.game';
COMMENT ON COLUMN correctable.matchup IS 'name | the matchup | episodes.matchup';
COMMENT ON COLUMN correctable.value_function IS 'name | the value function that the corrections rest on; NULL if there are none | corrections.value_function';
COMMENT ON COLUMN correctable.reason IS 'code | why there is no corrected return: no_value_function, value_function_late, value_function_changed or policy_contradicted; NULL if there is one | runs.value_function';
COMMENT ON COLUMN correctable.moves IS 'decisions | decisions of all agents in the deals that count | decisions';
COMMENT ON COLUMN correctable.known_moves IS 'decisions | those of agents whose policy is known | agents.policy_known';

CREATE VIEW measured_moves AS
WITH made AS (
    SELECT
        game, agent, matchup, deal,
        count(*) AS moves,
        count(*) FILTER (WHERE optimal) AS best
    FROM decisions AS decision
    JOIN episodes AS episode USING (episode_id)
    JOIN matchups USING (game, matchup)
    WHERE episode.status <> 'error' AND decision.status IN ('ok', 'rethought') AND NOT self_play
        AND NOT trivial AND optimal IS NOT NULL
    GROUP BY game, agent, matchup, deal
)

SELECT
    game, agent, deal,
    any_value(luck) AS luck,
    sum(moves)::BIGINT AS moves,
    sum(best)::BIGINT AS best,
    CASE WHEN count(fixed) = count(*) THEN max(fixed) END AS fixed
FROM made JOIN games USING (game) LEFT JOIN fixed_matchups USING (game, matchup)
GROUP BY game, agent, deal;

COMMENT ON VIEW measured_moves IS 'By deal, the decisions that move_quality counts and that an oracle judged optimal or not.';
COMMENT ON COLUMN measured_moves.game IS 'name | the game | games.game';
COMMENT ON COLUMN measured_moves.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN measured_moves.deal IS 'number from 0 | the deal | episodes.deal';
COMMENT ON COLUMN measured_moves.luck IS 'name | what keys the deals: games with the same luck share their deals | games.luck';
COMMENT ON COLUMN measured_moves.moves IS 'decisions | the agent''s own decisions, without trivial ones | decisions.optimal';
COMMENT ON COLUMN measured_moves.best IS 'decisions | those in which it played a best move | decisions.optimal';
COMMENT ON COLUMN measured_moves.fixed IS 'words | why the mean of the matchup has no sampling error: deterministic or every deal played; NULL if it has one | fixed_matchups.fixed';

CREATE VIEW measured_plies AS
WITH made AS (
    SELECT
        game, agent, ply, matchup, deal,
        count(*) AS moves,
        sum(regret) AS regret
    FROM decisions AS decision
    JOIN episodes AS episode USING (episode_id)
    JOIN matchups USING (game, matchup)
    WHERE episode.status <> 'error' AND decision.status IN ('ok', 'rethought') AND NOT self_play
        AND NOT trivial AND regret IS NOT NULL
    GROUP BY game, agent, ply, matchup, deal
)

SELECT
    game, agent, ply, deal,
    any_value(luck) AS luck,
    sum(moves)::BIGINT AS moves,
    sum(regret) AS regret,
    CASE WHEN count(fixed) = count(*) THEN max(fixed) END AS fixed
FROM made JOIN games USING (game) LEFT JOIN fixed_matchups USING (game, matchup)
GROUP BY game, agent, ply, deal;

COMMENT ON VIEW measured_plies IS 'By ply and deal, the decisions behind the mean regret.';
COMMENT ON COLUMN measured_plies.game IS 'name | the game | games.game';
COMMENT ON COLUMN measured_plies.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN measured_plies.ply IS 'number from 0 | the ply | decisions.ply';
COMMENT ON COLUMN measured_plies.deal IS 'number from 0 | the deal | episodes.deal';
COMMENT ON COLUMN measured_plies.luck IS 'name | what keys the deals: games with the same luck share their deals | games.luck';
COMMENT ON COLUMN measured_plies.moves IS 'decisions | the agent''s own decisions, without trivial ones | decisions.regret';
COMMENT ON COLUMN measured_plies.regret IS 'the game''s own units | the sum of their regrets | decisions.regret';
COMMENT ON COLUMN measured_plies.fixed IS 'words | why the mean of the matchup has no sampling error: deterministic or every deal played; NULL if it has one | fixed_matchups.fixed';

CREATE VIEW measured_seats AS
WITH valued AS (
    SELECT
        game, matchup, agent, seat, deal,
        by_scoring(games.scoring, score, mean_return, mean_return) AS measure
    FROM seat_values JOIN games USING (game)
)

SELECT
    game, luck, family, scoring, matchup, agent, seat, deal, fixed, measure,
    coalesce(measure, least_played / sittings) AS least,
    coalesce(measure, most_played / sittings) AS most
FROM valued FULL JOIN dropped_sittings USING (game, matchup, agent, seat, deal)
JOIN games USING (game) LEFT JOIN fixed_matchups USING (game, matchup);

COMMENT ON VIEW measured_seats IS 'The measure of each agent per deal and seat.';
COMMENT ON COLUMN measured_seats.game IS 'name | the game | games.game';
COMMENT ON COLUMN measured_seats.luck IS 'name | what keys the deals: games with the same luck share their deals | games.luck';
COMMENT ON COLUMN measured_seats.family IS 'name | the family of the game: variants of one game share it and weigh as one in averages over games | games.family';
COMMENT ON COLUMN measured_seats.scoring IS 'win_loss, margin, payoff or solo | what counts in the game | games.scoring';
COMMENT ON COLUMN measured_seats.matchup IS 'name | the matchup | episodes.matchup';
COMMENT ON COLUMN measured_seats.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN measured_seats.seat IS 'number from 0 | the seat | seats.seat';
COMMENT ON COLUMN measured_seats.deal IS 'number from 0 | the deal | episodes.deal';
COMMENT ON COLUMN measured_seats.fixed IS 'words | why the mean of the matchup has no sampling error: deterministic or every deal played; NULL if it has one | fixed_matchups.fixed';
COMMENT ON COLUMN measured_seats.measure IS 'as score in win_loss games, else mean_return | the agent''s result in the seat; NULL if the deal has none | seat_values';
COMMENT ON COLUMN measured_seats.least IS 'as measure | the measure, or the least that it can have been | dropped_sittings.least_played';
COMMENT ON COLUMN measured_seats.most IS 'as measure | the measure, or the most that it can have been | dropped_sittings.most_played';

CREATE VIEW ladder_bots AS
SELECT
    min(agent) AS agent,
    ladder,
    ladder_setting AS setting,
    any_value(ladder_scale) AS scale,
    any_value(ladder_rising) AS rising
FROM agents
WHERE
    ladder IS NOT NULL
    AND (NOT EXISTS (FROM ladder) OR agent IN (SELECT agent FROM ladder))
GROUP BY ladder, ladder_setting;

COMMENT ON VIEW ladder_bots IS 'The bots of the ladders: of the suite if the grid names one, else of the grid. One per setting.';
COMMENT ON COLUMN ladder_bots.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN ladder_bots.ladder IS 'name | the ladder | agents.ladder';
COMMENT ON COLUMN ladder_bots.setting IS 'setting | the setting that makes it stronger or weaker, such as simulations | agents.ladder_setting';
COMMENT ON COLUMN ladder_bots.scale IS 'linear or log | how settings of the ladder are spaced | agents.ladder_scale';
COMMENT ON COLUMN ladder_bots.rising IS 'true or false | whether a higher setting plays stronger | agents.ladder_rising';

CREATE VIEW control_cells AS
WITH measured AS (
    SELECT
        game, matchup, agent, seat, deal, seating, NULL AS baseline,
        by_scoring(scoring, score, strict_return, "return") AS result
    FROM deals JOIN episodes USING (game, matchup, deal) JOIN seats USING (episode_id)
    JOIN games USING (game)
    WHERE counted
    UNION ALL
    SELECT game, matchup, baseline, seat, deal, 0, baseline, result
    FROM control_plays
),

kinds AS (
    SELECT
        game, matchup,
        CASE
            WHEN bool_and(coalesce(baseline = 'random', false)) THEN 'random'
            WHEN count(*) = 1 THEN 'self_play'
            ELSE 'bots'
        END AS name
    FROM line_ups JOIN agents USING (agent)
    GROUP BY game, matchup
)

SELECT
    game, matchup, agent, seat,
    coalesce(
        any_value(name),
        CASE any_value(measured.baseline) WHEN 'random' THEN 'random' ELSE 'self_play' END
    ) AS name,
    any_value(measured.baseline) IS NOT NULL AS beside,
    count(DISTINCT deal) AS deals,
    list(DISTINCT deal ORDER BY deal) AS numbers,
    list(result ORDER BY deal, seating) AS found
FROM measured LEFT JOIN kinds USING (game, matchup)
GROUP BY game, matchup, agent, seat;

COMMENT ON VIEW control_cells IS 'The results of every agent in every seat that the controls compare with theory, self-play included.';
COMMENT ON COLUMN control_cells.game IS 'name | the game | games.game';
COMMENT ON COLUMN control_cells.matchup IS 'name | the matchup | episodes.matchup';
COMMENT ON COLUMN control_cells.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN control_cells.seat IS 'number from 0 | the seat | seats.seat';
COMMENT ON COLUMN control_cells.name IS 'word | the kind of control: random, bots or self_play | agents.baseline';
COMMENT ON COLUMN control_cells.beside IS 'true or false | whether the deals were played beside the grid, for the controls only | control_plays';
COMMENT ON COLUMN control_cells.deals IS 'deals | number of deals | episodes.deal';
COMMENT ON COLUMN control_cells.numbers IS 'list of numbers from 0 | the deals | episodes.deal';
COMMENT ON COLUMN control_cells.found IS 'list, as score in win_loss games, strict_return in margin games, else return | the results in the order of deals and seatings | seats';

CREATE VIEW comparable AS
WITH met AS (
    SELECT game, agent, coalesce(others, []) AS others
    FROM matchup_values LEFT JOIN opponents USING (game, matchup, agent)
    WHERE deals > 0
),

apart AS (
    SELECT
        me.game, me.agent, rival.agent AS rival,
        coalesce(
            list(me.others ORDER BY me.others)
                FILTER (WHERE NOT list_contains(me.others, rival.agent)),
            []
        ) AS line_ups
    FROM met AS me JOIN (SELECT DISTINCT game, agent FROM met) AS rival USING (game)
    WHERE me.agent <> rival.agent
    GROUP BY me.game, me.agent, rival.agent
)

SELECT mine.game, mine.agent, mine.rival
FROM apart AS mine JOIN apart AS theirs
    ON mine.game = theirs.game AND mine.agent = theirs.rival AND mine.rival = theirs.agent
WHERE mine.line_ups = theirs.line_ups;

COMMENT ON VIEW comparable IS 'Pairs of agents whose means in a game may be compared, because both met the same opponents. The two agents themselves do not count as opponents, and neither do matchups in which they meet.';
COMMENT ON COLUMN comparable.game IS 'name | the game | games.game';
COMMENT ON COLUMN comparable.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN comparable.rival IS 'name | an agent that met the same opponents | agents.agent';

CREATE VIEW ranked_pairs AS
SELECT game, agent, rival
FROM comparable
WHERE NOT EXISTS (
    FROM provisional_in_game AS those
    WHERE those.game = comparable.game AND those.agent IN (comparable.agent, comparable.rival)
);

COMMENT ON VIEW ranked_pairs IS 'The comparable pairs whose results are both their own: ranks, and claims about games in general, are made among these alone.';
COMMENT ON COLUMN ranked_pairs.game IS 'name | the game | games.game';
COMMENT ON COLUMN ranked_pairs.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN ranked_pairs.rival IS 'name | the agent that it is ranked with | agents.agent';

-- The bounds of what ranks two agents overlap. per_game ranks by beats first in margin games.
CREATE TABLE unsure_ranks AS
WITH cells AS (
    SELECT
        game, scoring, matchup, agent,
        count(*) FILTER (WHERE NOT counted) AS dropped,
        CASE WHEN count(least) = count(*) THEN round(avg(least), 12) END AS least,
        CASE WHEN count(most) = count(*) THEN round(avg(most), 12) END AS most
    FROM measured_deals
    GROUP BY game, scoring, matchup, agent
),

bounds AS (
    SELECT
        game, agent,
        sum(dropped) AS dropped,
        CASE WHEN count(least) = count(*) THEN round(avg(least), 12) END AS lowest,
        CASE WHEN count(most) = count(*) THEN round(avg(most), 12) END AS highest,
        CASE WHEN scoring = 'margin' THEN round(avg((sign(least) + 1) / 2), 12) ELSE 0 END
            AS first_lowest,
        CASE WHEN scoring = 'margin' THEN round(avg((sign(most) + 1) / 2), 12) ELSE 0 END
            AS first_highest
    FROM cells
    GROUP BY game, scoring, agent
),

orders AS (
    SELECT
        above.game, above.agent AS above, below.agent AS below,
        above.dropped + below.dropped AS dropped,
        coalesce(
            above.first_lowest > below.first_highest
            OR (above.first_lowest = below.first_highest AND above.lowest > below.highest),
            false
        ) AS sure
    FROM ranked_pairs
    JOIN bounds AS above USING (game, agent)
    JOIN bounds AS below ON below.game = ranked_pairs.game AND below.agent = ranked_pairs.rival
)

SELECT DISTINCT one.game, one.above AS agent
FROM orders AS one
JOIN orders AS other
    ON one.game = other.game AND one.above = other.below AND one.below = other.above
WHERE one.dropped > 0 AND NOT one.sure AND NOT other.sure;

COMMENT ON TABLE unsure_ranks IS 'Agents whose rank within a game is withheld: dropped deals could reverse their order with at least one comparable agent.';
COMMENT ON COLUMN unsure_ranks.game IS 'name | the game | games.game';
COMMENT ON COLUMN unsure_ranks.agent IS 'name | the agent | agents.agent';

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

CREATE VIEW matchups AS
SELECT
    game, matchup, any_value(scoring) AS scoring, any_value(players) AS players,
    count(DISTINCT seating) AS seatings,
    any_value(players) > 1 AND count(DISTINCT agent) = 1 AS self_play
FROM episodes JOIN seats USING (episode_id) JOIN games USING (game)
GROUP BY game, matchup;

-- Whether the results of a model are its own. The shares that decide it are stated here alone.
-- Below one half, most of what stands in a table was done by the random player that moves in the
-- model's place, or was never played, so a rank would say more about these than about the model.
CREATE MACRO least_own_share() AS 0.5;
-- From here on, a random move in the model's place is rarer than one in ten, and strict scores show
-- what those moves change.
CREATE MACRO mostly_own_share() AS 0.9;

-- One row for each model in each game, and one with game NULL for all its win_loss games together,
-- whose shares are means over families of means over games, as the scores of leaderboard are.
-- A table and not a view, because most tables use it.
CREATE TABLE model_conduct AS
WITH sat AS (
    SELECT
        agent, game,
        count(DISTINCT episode_id) AS episodes,
        count(DISTINCT episode_id) FILTER (WHERE status = 'error') AS unfinished
    FROM seats JOIN episodes USING (episode_id) JOIN agents USING (agent)
    WHERE model IS NOT NULL
    GROUP BY agent, game
),

made AS (
    SELECT
        agent, game,
        count(*) AS moves,
        count(*) FILTER (WHERE decision.status IN ('ok', 'rethought')) AS own_moves
    FROM decisions AS decision JOIN episodes AS episode USING (episode_id)
    WHERE episode.status <> 'error'
    GROUP BY agent, game
),

received AS (
    SELECT agent, game, coalesce(failure, '') AS failure, count(*) AS replies
    FROM calls JOIN seats USING (episode_id, seat) JOIN episodes USING (episode_id)
    WHERE status <> 'error'
    GROUP BY ALL
),

in_games AS (
    SELECT
        agent, game, scoring, family, episodes, unfinished,
        coalesce(moves, 0) AS moves,
        coalesce(own_moves, 0) AS own_moves,
        own_moves / moves AS own_share,
        unfinished / episodes AS unfinished_share
    FROM sat JOIN games USING (game) LEFT JOIN made USING (agent, game)
),

in_families AS (
    SELECT
        agent, family,
        sum(episodes) AS episodes, sum(unfinished) AS unfinished,
        sum(moves) AS moves, sum(own_moves) AS own_moves,
        avg(own_share) AS own_share, avg(unfinished_share) AS unfinished_share
    FROM in_games
    WHERE scoring = 'win_loss'
    GROUP BY agent, family
),

every_row AS (
    SELECT agent, game, episodes, unfinished, moves, own_moves, own_share, unfinished_share
    FROM in_games
    UNION ALL
    SELECT
        agent, NULL, sum(episodes), sum(unfinished), sum(moves), sum(own_moves),
        avg(own_share), avg(unfinished_share)
    FROM in_families
    GROUP BY agent
),

every_reply AS (
    SELECT agent, game, failure, replies FROM received
    UNION ALL
    SELECT agent, NULL, failure, sum(replies)
    FROM received JOIN games USING (game)
    WHERE scoring = 'win_loss'
    GROUP BY agent, failure
),

failed AS (
    SELECT
        agent, game,
        sum(replies) AS replies,
        sum(replies) FILTER (WHERE failure <> '') AS failed_replies,
        max_by(failure, (replies, failure)) FILTER (WHERE failure <> '') AS failure,
        max(replies) FILTER (WHERE failure <> '') AS failure_replies
    FROM every_reply
    GROUP BY agent, game
)

SELECT
    every_row.agent, every_row.game,
    moves::BIGINT AS moves, own_moves::BIGINT AS own_moves, own_share,
    coalesce(replies, 0)::BIGINT AS replies,
    coalesce(failed_replies, 0)::BIGINT AS failed_replies,
    failure,
    coalesce(failure_replies, 0)::BIGINT AS failure_replies,
    episodes::BIGINT AS episodes, unfinished::BIGINT AS unfinished, unfinished_share,
    CASE
        WHEN own_share < least_own_share() THEN 'few_own_moves'
        WHEN 1 - unfinished_share < least_own_share() THEN 'few_finished'
    END AS reason,
    CASE
        WHEN reason IS NOT NULL THEN 'provisional'
        WHEN own_share < mostly_own_share() THEN 'mixed'
        ELSE 'own'
    END AS standing
FROM every_row LEFT JOIN failed
    ON failed.agent = every_row.agent AND failed.game IS NOT DISTINCT FROM every_row.game;

-- The models that a game does not rank, and why.
CREATE VIEW provisional_in_game AS
SELECT game, agent, in_words(reason) AS provisional
FROM model_conduct
WHERE game IS NOT NULL AND standing = 'provisional';

-- The models that no ranking over games holds, and why.
CREATE VIEW provisional_over_games AS
SELECT agent, in_words(reason) AS provisional
FROM model_conduct
WHERE game IS NULL AND standing = 'provisional';

-- The other agents of the matchup. An agent that sits there more than once is its own opponent.
CREATE VIEW opponents AS
SELECT
    me.game, me.matchup, me.agent,
    string_agg(other.agent, ' + ' ORDER BY other.agent) AS opponent,
    list(other.agent ORDER BY other.agent) AS others
FROM line_ups AS me
JOIN line_ups AS other USING (game, matchup),
    range(other.copies - CASE WHEN other.agent = me.agent THEN 1 ELSE 0 END) AS copy
GROUP BY me.game, me.matchup, me.agent;

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

-- Each agent's value in each deal: the mean over its seats and seatings.
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

-- Each agent's value in each deal, by seat.
CREATE VIEW seat_values AS
SELECT
    game, matchup, deal, agent, seat,
    count(*) AS episodes,
    avg(score) AS score,
    avg("return") FILTER (WHERE returned) AS mean_return
FROM deals JOIN episodes USING (game, matchup, deal) JOIN seats USING (episode_id)
WHERE counted AND NOT self_play
GROUP BY game, matchup, deal, agent, seat;

-- The least and the most that the deals without a value can have been worth, by seat: sums over the
-- seat's sittings. A sitting with a known result keeps it; any other, whether it was forfeited, cut
-- off, in error or never played, got between the lowest and the highest result that the rules
-- allow. ``played`` is of returns as played, which forfeited deals of margin games lack, too.
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

CREATE VIEW dropped_values AS
SELECT
    game, matchup, deal, agent,
    sum(least) / sum(sittings) AS least,
    sum(most) / sum(sittings) AS most
FROM dropped_sittings
WHERE NOT counted
GROUP BY game, matchup, deal, agent;

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

-- In payoff and solo games, the expected return of the best response to the others. NULL in other
-- games and, with a reason, if it is unknown.
CREATE VIEW responses AS
SELECT
    game, matchup, agent, best_return,
    CASE WHEN scoring IN ('payoff', 'solo')
        THEN coalesce(reason, CASE WHEN best_return IS NULL THEN 'not_computed' END)
    END AS reason
FROM matchup_values JOIN games USING (game) LEFT JOIN best_responses USING (game, matchup, agent);

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

-- The input of statistics.py: the measure of each agent per deal. A deal is one observation, in
-- all games with the same luck together.
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

-- The strict returns of margin games with what control variates add, by deal.
CREATE VIEW corrected_deals AS
SELECT game, matchup, deal, agent, avg(strict_return + correction) AS corrected
FROM deals JOIN episodes USING (game, matchup, deal) JOIN seats USING (episode_id)
JOIN corrections USING (episode_id, seat)
WHERE counted AND NOT self_play
GROUP BY game, matchup, deal, agent;

-- Each matchup of a margin game: which value function corrects its returns, or why none may. One
-- that was not on record before the first deal, or was another, may have been chosen to suit the
-- results.
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

-- By deal, the decisions of move_quality that an oracle judged optimal or not.
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

-- By ply and deal, the decisions that mean_regret counts.
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

-- The bots of the ladders: of the suite if there is one, else of the grid. One per setting.
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

-- The input of the controls: the results of every agent in every seat, self-play included.
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

-- Pairs of agents that met the same opponents, each other left out: in the matchups without the
-- other, both faced the same line-ups. Means over different opponents do not compare.
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

-- The comparable pairs whose results are both their own. A rank, and a claim about games in general,
-- is made among these alone.
CREATE VIEW ranked_pairs AS
SELECT game, agent, rival
FROM comparable
WHERE NOT EXISTS (
    FROM provisional_in_game AS those
    WHERE those.game = comparable.game AND those.agent IN (comparable.agent, comparable.rival)
);

-- Agents whose order within a game dropped deals might reverse: against at least one comparable
-- agent, the bounds of what ranks them overlap. per_game ranks by beats first in margin games.
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

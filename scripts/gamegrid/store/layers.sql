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
-- the same.
CREATE VIEW fixed_matchups AS
WITH luckless AS (
    SELECT game, matchup
    FROM line_ups JOIN agents USING (agent) JOIN games USING (game)
    GROUP BY game, matchup
    HAVING bool_and(NOT chance AND opening_plies = 0 AND NOT draws_luck)
)

SELECT game, matchup, 'deterministic' AS fixed
FROM luckless JOIN episodes USING (game, matchup)
WHERE status <> 'error'
GROUP BY game, matchup
HAVING count(DISTINCT (seating, trajectory)) = count(DISTINCT seating);

-- The input of statistics.py: the measure of each agent per deal. A deal is one observation, in
-- all games with the same luck together.
CREATE VIEW measured_deals AS
SELECT
    game, luck, family, scoring, matchup, agent, deal, counted, fixed,
    by_scoring(scoring, score, strict_return, mean_return) AS measure,
    normalized_return
FROM deal_values JOIN games USING (game) LEFT JOIN fixed_matchups USING (game, matchup);

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
SELECT
    game, luck, family, games.scoring, matchup, agent, seat, deal, fixed,
    by_scoring(games.scoring, score, mean_return, mean_return) AS measure
FROM seat_values JOIN games USING (game) LEFT JOIN fixed_matchups USING (game, matchup);

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

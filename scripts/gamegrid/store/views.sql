-- The numbers of the tables. The first views are layers, each built on those above it:
-- matchups, deals, deal_values (one deal), matchup_values (mean over deals), measured_deals (what
-- statistics.py fills the tables of statistics.sql from); then the tables.
--
-- The unit of every mean is the deal. A deal counts when all its seatings were played, none ended
-- in transport trouble, and the game's measure is known for every seat: the score in win_loss
-- games, the strict return in margin games, the return elsewhere. What does not count is counted
-- as dropped. A mirror is a matchup of one agent with itself; it is in no comparison.

CREATE VIEW line_ups AS
SELECT game, matchup, agent, count(*) // count(DISTINCT episode_id) AS copies
FROM episodes JOIN seats USING (episode_id)
GROUP BY game, matchup, agent;

CREATE VIEW matchups AS
SELECT
    game, matchup, any_value(scoring) AS scoring, any_value(players) AS players,
    count(DISTINCT seating) AS seatings,
    any_value(players) > 1 AND count(DISTINCT agent) = 1 AS mirror
FROM episodes JOIN seats USING (episode_id) JOIN games USING (game)
GROUP BY game, matchup;

-- The other agents of the matchup; an agent with copies of itself there is among its opponents.
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
        game, matchup, deal, mirror, scoring, joint_return, returned,
        played = seatings AND balanced AND finished AS whole,
        CASE scoring
            WHEN 'win_loss' THEN scored
            WHEN 'margin' THEN strictly_returned
            ELSE returned
        END AS measured
    FROM outcomes JOIN balance USING (game, matchup, deal) JOIN matchups USING (game, matchup)
)

SELECT
    game, matchup, deal, mirror,
    whole AND measured AS counted,
    whole AND returned AS returned,
    CASE WHEN whole AND returned THEN joint_return END AS joint_return
FROM judged;

-- Which games say who plays better, and why others do not. Where best play gains nothing against random
-- moves, as in rock, paper, scissors, results are luck unless an opponent shows a habit.
CREATE VIEW rated_games AS
SELECT
    game,
    CASE
        WHEN any_value(scoring) <> 'win_loss' THEN 'not a win_loss game'
        ELSE max(reason) FILTER (WHERE reason = 'best play gains nothing')
    END AS unrated_reason
FROM games LEFT JOIN return_scales USING (game)
GROUP BY game;

-- The scores of win_loss games had the first move that was not accepted at the first reply (a rethink
-- too) been a forfeit: who made it is beaten by all, the others tie with each other.
CREATE VIEW first_tries AS
WITH rejected AS (
    SELECT episode_id, list(seat) AS losers
    FROM (
        SELECT episode_id, seat FROM decisions WHERE status <> 'ok'
        QUALIFY rank() OVER (PARTITION BY episode_id ORDER BY ply) = 1
    )
    GROUP BY episode_id
)

SELECT
    episode_id, seat,
    CASE
        WHEN losers IS NULL OR score IS NULL THEN score
        WHEN list_contains(losers, seat) THEN 0
        ELSE (1 + len(losers) / (players - 1)) / 2
    END AS first_try_score
FROM seats JOIN episodes USING (episode_id) JOIN games USING (game)
LEFT JOIN rejected USING (episode_id);

-- Each agent's value in each deal: the mean over its seats and seatings.
CREATE VIEW deal_values AS
SELECT
    game, matchup, deal, agent,
    bool_and(counted) AS counted,
    bool_and(returned) AS returned,
    avg(score) FILTER (WHERE counted) AS score,
    avg(strict_score) FILTER (WHERE counted) AS strict_score,
    avg(first_try_score) FILTER (WHERE counted) AS first_try_score,
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
JOIN first_tries USING (episode_id, seat)
LEFT JOIN return_scales AS scale USING (game, seat)
WHERE NOT mirror
GROUP BY game, matchup, deal, agent;

-- The same apart by seat.
CREATE VIEW seat_values AS
SELECT
    game, matchup, deal, agent, seat,
    count(*) AS episodes,
    avg(score) AS score,
    avg("return") FILTER (WHERE returned) AS mean_return
FROM deals JOIN episodes USING (game, matchup, deal) JOIN seats USING (episode_id)
WHERE counted AND NOT mirror
GROUP BY game, matchup, deal, agent, seat;

-- A table, as most tables are made of it, some more than once.
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
    avg(first_try_score) AS first_try_score,
    avg(mean_return) AS mean_return,
    avg(strict_return) AS strict_return,
    avg(normalized_return) AS normalized_return,
    avg(joint_return) AS joint_return
FROM deal_values LEFT JOIN lines_of_play USING (game, matchup)
GROUP BY game, matchup, agent;

-- In payoff and solo games, what the best response to the others would get in the mean: NULL outside
-- these and, with a reason, where it is not known.
CREATE VIEW responses AS
SELECT
    game, matchup, agent, best_return,
    CASE WHEN scoring IN ('payoff', 'solo')
        THEN coalesce(reason, CASE WHEN best_return IS NULL THEN 'not computed' END)
    END AS reason
FROM matchup_values JOIN games USING (game) LEFT JOIN best_responses USING (game, matchup, agent);

-- Matchups in which nothing draws luck, game or agent: a deal played again move by move is no second
-- observation. A draw of the game's or of an agent's that comes twice is one.
CREATE VIEW repeating AS
SELECT game, matchup
FROM line_ups JOIN agents USING (agent) JOIN games USING (game)
GROUP BY game, matchup
HAVING bool_and(
    NOT chance
    AND CASE type
        WHEN 'preference' THEN true
        WHEN 'scripted' THEN true
        -- Without a temperature a scored move is the likeliest.
        WHEN 'llm' THEN coalesce(params ->> 'shuffle_labels', 'false') = 'false' AND coalesce(
            (params ->> 'temperature')::DOUBLE,
            CASE params ->> 'decode' WHEN 'score' THEN 0 END
        ) IS NOT DISTINCT FROM 0
        ELSE false
    END
);

-- What statistics.py works on: the number an agent is judged by per deal, and in repeating matchups
-- a label of what was played.
CREATE VIEW plays AS
SELECT game, matchup, deal, hash(list((seating, trajectory) ORDER BY seating)) AS play
FROM repeating JOIN episodes USING (game, matchup)
GROUP BY game, matchup, deal;

CREATE VIEW measured_deals AS
SELECT
    game, family, scoring, matchup, agent, deal, counted, play,
    CASE scoring
        WHEN 'win_loss' THEN score
        WHEN 'margin' THEN strict_return
        ELSE mean_return
    END AS measure,
    normalized_return
FROM deal_values JOIN games USING (game) LEFT JOIN plays USING (game, matchup, deal);

-- The decisions that move_quality counts and an oracle called optimal or not, by deal.
CREATE VIEW measured_moves AS
WITH made AS (
    SELECT
        game, agent, matchup, deal,
        count(*) AS moves,
        count(*) FILTER (WHERE optimal) AS best
    FROM decisions AS decision
    JOIN episodes AS episode USING (episode_id)
    JOIN matchups USING (game, matchup)
    WHERE episode.status <> 'error' AND decision.status IN ('ok', 'rethought') AND NOT mirror
        AND NOT trivial AND optimal IS NOT NULL
    GROUP BY game, agent, matchup, deal
)

SELECT
    game, agent, deal,
    sum(moves)::BIGINT AS moves,
    sum(best)::BIGINT AS best,
    CASE
        WHEN count(play) = count(*) THEN hash(list((matchup, play) ORDER BY matchup))
    END AS play
FROM made LEFT JOIN plays USING (game, matchup, deal)
GROUP BY game, agent, deal;

-- The decisions that mean_regret counts, by ply and deal.
CREATE VIEW measured_plies AS
WITH made AS (
    SELECT
        game, agent, ply, matchup, deal,
        count(*) AS moves,
        sum(regret) AS regret
    FROM decisions AS decision
    JOIN episodes AS episode USING (episode_id)
    JOIN matchups USING (game, matchup)
    WHERE episode.status <> 'error' AND decision.status IN ('ok', 'rethought') AND NOT mirror
        AND NOT trivial AND regret IS NOT NULL
    GROUP BY game, agent, ply, matchup, deal
)

SELECT
    game, agent, ply, deal,
    sum(moves)::BIGINT AS moves,
    sum(regret) AS regret,
    CASE
        WHEN count(play) = count(*) THEN hash(list((matchup, play) ORDER BY matchup))
    END AS play
FROM made LEFT JOIN plays USING (game, matchup, deal)
GROUP BY game, agent, ply, deal;

CREATE VIEW measured_seats AS
SELECT
    game, family, games.scoring, matchup, agent, seat, deal, play,
    CASE games.scoring
        WHEN 'win_loss' THEN seat_values.score
        ELSE seat_values.mean_return
    END AS measure
FROM seat_values JOIN games USING (game) LEFT JOIN plays USING (game, matchup, deal);

-- Bots at settings of known order: of the suite if there is one, else of the grid. One a setting.
CREATE VIEW rungs AS
WITH bots AS (
    SELECT agent, type AS ladder, (params ->> 'simulations')::DOUBLE AS setting
    FROM agents
    WHERE type IN ('mcts', 'ismcts')
    UNION ALL
    -- Random moves err always, best play never.
    SELECT
        agent, 'noisy_optimal',
        CASE type
            WHEN 'random' THEN 1
            WHEN 'optimal' THEN 0
            ELSE (params ->> 'error_rate')::DOUBLE
        END
    FROM agents
    WHERE type IN ('random', 'noisy_optimal', 'optimal')
)

SELECT min(agent) AS agent, ladder, setting
FROM bots
WHERE NOT EXISTS (FROM ladder) OR agent IN (SELECT agent FROM ladder)
GROUP BY ladder, setting;

-- What controls are made of: every agent's results in every seat, self-play included.
CREATE VIEW control_cells AS
WITH measured AS (
    SELECT
        game, matchup, agent, seat, deal, seating,
        CASE scoring
            WHEN 'win_loss' THEN score
            WHEN 'margin' THEN strict_return
            ELSE "return"
        END AS result
    FROM deals JOIN episodes USING (game, matchup, deal) JOIN seats USING (episode_id)
    JOIN games USING (game)
    WHERE counted
    UNION ALL
    SELECT game, 'beside the grid', agent, seat, deal, 0, result
    FROM control_plays
),

kinds AS (
    SELECT
        game, matchup,
        CASE
            WHEN bool_and(type = 'random') THEN 'random'
            WHEN count(*) = 1 THEN 'mirror'
            ELSE 'bots'
        END AS name
    FROM line_ups JOIN agents USING (agent)
    GROUP BY game, matchup
)

SELECT
    game, matchup, agent, seat,
    coalesce(any_value(name), CASE agent WHEN 'random' THEN 'random' ELSE 'mirror' END) AS name,
    count(DISTINCT deal) AS deals,
    list(result ORDER BY deal, seating) AS found
FROM measured LEFT JOIN kinds USING (game, matchup)
GROUP BY game, matchup, agent, seat;

-- Agents that met the same opponents, each other left out: the line-ups each of the two sat against
-- in the matchups without the other are the same. Means over other opponents do not compare.
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


CREATE VIEW per_game AS
WITH means AS (
    SELECT
        game, agent,
        sum(deals)::BIGINT AS deals,
        sum(distinct_episodes)::BIGINT AS distinct_episodes,
        avg(score) AS score,
        avg(strict_score) AS strict_score,
        avg(first_try_score) AS first_try_score,
        avg(mean_return) AS mean_return,
        avg(strict_return) AS strict_return,
        avg(normalized_return) AS normalized_return,
        avg(joint_return) AS joint_return,
        avg((sign(round(strict_return, 12)) + 1) / 2) AS beats,
        sum(return_deals)::BIGINT AS return_deals,
        sum(dropped_deals)::BIGINT AS dropped_deals
    FROM matchup_values
    GROUP BY game, agent
),

conduct AS (
    SELECT
        game, agent,
        count(DISTINCT episode_id) FILTER (WHERE status = 'truncated') AS truncated,
        sum(fallbacks)::BIGINT AS fallbacks
    FROM episodes JOIN seats USING (episode_id) JOIN matchups USING (game, matchup)
    WHERE status <> 'error' AND NOT mirror
    GROUP BY game, agent
),

forfeits AS (
    SELECT game, agent, count(DISTINCT episode_id) AS forfeited
    FROM decisions AS decision JOIN episodes AS episode USING (episode_id)
    JOIN matchups USING (game, matchup)
    WHERE decision.status = 'forfeit' AND episode.status <> 'error' AND NOT mirror
    GROUP BY game, agent
),

-- Whose fallback or forfeit came first in an episode; a joint move may have several.
defaults AS (
    SELECT episode_id, list(seat) AS defaulted
    FROM (
        SELECT episode_id, seat FROM decisions WHERE status IN ('fallback', 'forfeit')
        QUALIFY rank() OVER (PARTITION BY episode_id ORDER BY ply) = 1
    )
    GROUP BY episode_id
),

-- Every sitting, in error or not, and the least and the most that an unknown result can be.
sittings AS (
    SELECT
        game, matchup, agent, status,
        coalesce(list_contains(defaulted, seat), false) AS own,
        coalesce(len(list_filter(defaulted, lambda one: one <> seat)) > 0, false) AS others,
        CASE scoring
            WHEN 'win_loss' THEN score
            WHEN 'margin' THEN strict_return
            ELSE "return"
        END AS result,
        CASE scoring WHEN 'win_loss' THEN 0 ELSE lowest_return END AS least,
        CASE scoring WHEN 'win_loss' THEN 1 ELSE highest_return END AS most
    FROM episodes JOIN seats USING (episode_id) JOIN games USING (game)
    JOIN (SELECT game, matchup, mirror FROM matchups) USING (game, matchup)
    LEFT JOIN defaults USING (episode_id)
    WHERE NOT mirror
),

sat AS (
    SELECT
        game, matchup, agent,
        count(*) AS sittings,
        count(*) FILTER (WHERE status = 'error') AS errors,
        count(*) FILTER (WHERE status <> 'error' AND own) AS own,
        count(*) FILTER (WHERE status <> 'error' AND others) AS others,
        CASE WHEN count(least) = count(*)
            THEN avg(CASE status WHEN 'error' THEN least ELSE result END)
        END AS low,
        CASE WHEN count(most) = count(*)
            THEN avg(CASE status WHEN 'error' THEN most ELSE result END)
        END AS high
    FROM sittings
    GROUP BY game, matchup, agent
),

trouble AS (
    SELECT
        game, agent,
        sum(errors) / sum(sittings) AS error_rate,
        sum(own) / nullif(sum(sittings) - sum(errors), 0) AS own_defaults,
        sum(others) / nullif(sum(sittings) - sum(errors), 0) AS opponent_defaults,
        avg(low) AS low,
        avg(high) AS high
    FROM sat
    GROUP BY game, agent
),

cooperation AS (
    SELECT
        game, agent,
        avg((action = cooperate)::INTEGER)
            FILTER (WHERE decision.status IN ('ok', 'rethought')) AS cooperation_rate
    FROM decisions AS decision JOIN episodes AS episode USING (episode_id)
    JOIN matchups USING (game, matchup) JOIN games USING (game)
    WHERE cooperate IS NOT NULL AND episode.status <> 'error' AND NOT mirror
    GROUP BY game, agent
),

-- Means over the opponents, as mean_return is: none without the best response to each of them.
answers AS (
    SELECT
        game, agent,
        CASE WHEN count(best_return) = count(*) THEN avg(best_return) END AS best_return,
        max(reason) AS response_reason
    FROM responses JOIN matchup_values USING (game, matchup, agent)
    WHERE return_deals > 0
    GROUP BY game, agent
),

best AS (
    SELECT game, any_value(best_joint_return) AS best_joint_return
    FROM return_scales
    GROUP BY game
),

measured AS (
    SELECT
        *,
        -- Equal to twelve decimals is a tie: means of the same thirds may differ in the last bit.
        round(
            CASE scoring
                WHEN 'win_loss' THEN score
                WHEN 'margin' THEN strict_return
                ELSE mean_return
            END,
            12
        ) AS measure,
        -- The mean alone rewards whoever robs the weakest: in kuhn_poker, always betting has
        -- +0.132 against {random, equilibrium}, the equilibrium +0.111 against {random, always
        -- betting}, although it wins from both (expected returns by enumeration).
        CASE WHEN scoring = 'margin' THEN round(beats, 12) ELSE 0 END AS first_measure
    FROM means JOIN games USING (game)
),

places AS (
    SELECT
        me.game, me.agent,
        1 + count(*) FILTER (
            WHERE rival.first_measure > me.first_measure
                OR (rival.first_measure = me.first_measure AND rival.measure > me.measure)
        ) AS rank,
        1 + count(rival.agent) AS ranked_among,
        least(me.agent, min(rival.agent)) AS group_name
    FROM measured AS me
    LEFT JOIN comparable ON comparable.game = me.game AND comparable.agent = me.agent
    LEFT JOIN measured AS rival
        ON rival.game = comparable.game AND rival.agent = comparable.rival
    WHERE me.scoring <> 'payoff' AND me.measure IS NOT NULL
    GROUP BY me.game, me.agent
)

SELECT
    game, scoring, rank, ranked_among, agent, deals, distinct_episodes, score, strict_score,
    first_try_score,
    CASE WHEN scoring = 'margin' THEN beats END AS beats,
    mean_return, strict_return,
    game_intervals.low, game_intervals.high, game_intervals.reason,
    CASE WHEN scoring = 'margin' THEN normalized_return END AS normalized_return,
    normalized_intervals.low AS normalized_low,
    normalized_intervals.high AS normalized_high,
    CASE WHEN scoring = 'margin' THEN normalized_intervals.reason END AS normalized_reason,
    return_deals,
    CASE WHEN scoring = 'payoff' THEN joint_return END AS joint_return,
    CASE WHEN scoring = 'payoff' AND best_joint_return > 0
        THEN joint_return / best_joint_return
    END AS joint_share,
    best_return,
    best_return - mean_return AS gap,
    best_return - game_intervals.high AS gap_low,
    best_return - game_intervals.low AS gap_high,
    CASE WHEN scoring IN ('payoff', 'solo')
        THEN coalesce(response_reason, game_intervals.reason)
    END AS gap_reason,
    cooperation_rate,
    unrated_reason IS NULL AS rated, unrated_reason,
    coalesce(forfeited, 0) AS forfeited,
    coalesce(truncated, 0) AS truncated,
    coalesce(fallbacks, 0) AS fallbacks,
    own_defaults, opponent_defaults, error_rate,
    CASE WHEN error_rate > 0.05 THEN trouble.low END AS worst_low,
    CASE WHEN error_rate > 0.05 THEN trouble.high END AS worst_high,
    dropped_deals
FROM measured
LEFT JOIN places USING (game, agent)
LEFT JOIN conduct USING (game, agent)
LEFT JOIN forfeits USING (game, agent)
LEFT JOIN trouble USING (game, agent)
LEFT JOIN cooperation USING (game, agent)
LEFT JOIN best USING (game)
LEFT JOIN answers USING (game, agent)
JOIN rated_games USING (game)
LEFT JOIN game_intervals USING (game, agent)
LEFT JOIN normalized_intervals USING (game, agent)
ORDER BY
    game, ranked_among DESC NULLS LAST, group_name, rank, measure DESC NULLS LAST, agent;

COMMENT ON VIEW per_game IS
'How each agent fared in each game. Per opponent the mean over deals, then the mean over opponents, each with equal weight. Self-play is left out.';
COMMENT ON COLUMN per_game.game IS 'name | the game | games.game';
COMMENT ON COLUMN per_game.scoring IS 'win_loss, margin, payoff or solo | what counts in the game: the score in win_loss games, the strict return in margin games, the return in all others | games.scoring';
COMMENT ON COLUMN per_game.rank IS 'rank from 1 | place within the game among comparable agents: those that met the same opponents, each other left out (in games of more seats, the same line-ups of opponents), in deals that count. By score (win_loss), by beats and then strict return (margin), or by mean return (solo); equal values share a place; NULL in payoff games, which are not ranked, and where nothing counted | computed';
COMMENT ON COLUMN per_game.ranked_among IS 'agents | number of agents the place is among, itself included; 1: no other met the same opponents; NULL where rank is | computed';
COMMENT ON COLUMN per_game.agent IS 'name | the agent | seats.agent';
COMMENT ON COLUMN per_game.deals IS 'deals | deals that count, once per matchup; in win_loss and margin games forfeited ones too | episodes, seats';
COMMENT ON COLUMN per_game.distinct_episodes IS 'episodes | different (matchup, seating, trajectory) among the deals that count; far fewer than played means that agents repeat themselves | episodes.trajectory';
COMMENT ON COLUMN per_game.score IS '0 to 1 | mean score, a draw being one half; NULL outside win_loss games | seats.score';
COMMENT ON COLUMN per_game.strict_score IS '0 to 1 | mean score had the first fallback been a forfeit | seats.strict_score';
COMMENT ON COLUMN per_game.first_try_score IS '0 to 1 | mean score had the first move not accepted at the first reply been a forfeit: a rethink costs as much as a fallback | decisions.status';
COMMENT ON COLUMN per_game.beats IS '0 to 1 | share of opponents from whom the agent wins, its strict return per deal against them being above 0 in the mean (exactly 0 counts half); NULL outside margin games | seats.strict_return';
COMMENT ON COLUMN per_game.mean_return IS 'the game''s own units | mean return as played, random moves in place of the agent included, over the deals whose every episode was played out | seats.return';
COMMENT ON COLUMN per_game.strict_return IS 'the game''s own units | mean return over the deals that count had the first fallback been a forfeit, which costs the worst return the rules allow; NULL outside margin games | seats.strict_return';
COMMENT ON COLUMN per_game.low IS 'as score in win_loss games, strict_return in margin games, else mean_return | lower end of its 95 % interval over deals, a deal shared by several opponents being one observation; NULL: see reason | game_intervals.low';
COMMENT ON COLUMN per_game.high IS 'as low | upper end of the same interval | game_intervals.high';
COMMENT ON COLUMN per_game.reason IS 'words | why there is no interval; NULL where there is one | game_intervals.reason';
COMMENT ON COLUMN per_game.normalized_return IS 'share of the way | in margin games strict_return on the scale of each seat, from random play against random play (0) to the best that can be expected from random play (1); a scale of the game, not of the opponents met: only who met the same compares. NULL: see normalized_reason | return_scales.reference_return';
COMMENT ON COLUMN per_game.normalized_low IS 'as normalized_return | lower end of its 95 % interval over deals; NULL: see normalized_reason | normalized_intervals.low';
COMMENT ON COLUMN per_game.normalized_high IS 'as normalized_return | upper end of the same interval | normalized_intervals.high';
COMMENT ON COLUMN per_game.normalized_reason IS 'words | why there is no normalized return or no interval of it; NULL where there are both and outside margin games | normalized_intervals.reason';
COMMENT ON COLUMN per_game.return_deals IS 'deals | deals behind mean_return; fewer than deals where episodes were forfeited or cut off | seats.return';
COMMENT ON COLUMN per_game.joint_return IS 'the game''s own units | mean of the sum of all seats'' returns, in payoff games; NULL elsewhere | seats.return';
COMMENT ON COLUMN per_game.joint_share IS '0 to 1, below 0 where the joint return is | joint_return as a share of the largest that the seats could get together; NULL outside payoff games and where that is unknown or not above 0 | return_scales.best_joint_return';
COMMENT ON COLUMN per_game.best_return IS 'the game''s own units | in payoff and solo games what an agent could expect that knows how each opponent plays and answers it best, the mean over the opponents as of mean_return; NULL elsewhere, and see gap_reason | best_responses.best_return';
COMMENT ON COLUMN per_game.gap IS 'the game''s own units | best_return less mean_return: what the agent leaves to be got from these very opponents; below 0 by luck alone. NULL where best_return is | best_responses.best_return';
COMMENT ON COLUMN per_game.gap_low IS 'the game''s own units | lower end of its 95 % interval over deals, that of mean_return turned round; NULL: see gap_reason | game_intervals.high';
COMMENT ON COLUMN per_game.gap_high IS 'the game''s own units | upper end of the same interval | game_intervals.low';
COMMENT ON COLUMN per_game.gap_reason IS 'words | why there is no gap or no interval of it: the policy of an opponent is not known (a model''s, a search''s), the game is too large or can be cut off, or as in reason; NULL where there are both and outside payoff and solo games | best_responses.reason';
COMMENT ON COLUMN per_game.cooperation_rate IS '0 to 1 | share of the agent''s own decisions that cooperated; NULL in games that are no dilemma | games.cooperate';
COMMENT ON COLUMN per_game.rated IS 'true or false | whether the game enters the ratings | per_game.unrated_reason';
COMMENT ON COLUMN per_game.unrated_reason IS 'words | why it does not: not a win_loss game; best play gains nothing, no player in some seat doing better against random moves than random moves do; NULL where it does | return_scales.reason';
COMMENT ON COLUMN per_game.forfeited IS 'episodes | episodes this agent ended by forfeiting, in deals that count or not | decisions.status';
COMMENT ON COLUMN per_game.truncated IS 'episodes | episodes of this agent cut off at the limit of plies, in deals that count or not | episodes.status';
COMMENT ON COLUMN per_game.fallbacks IS 'moves | random moves made in place of this agent, in deals that count or not | seats.fallbacks';
COMMENT ON COLUMN per_game.own_defaults IS '0 to 1 | share of its episodes, those in error left out, in which the first fallback or forfeit was this agent''s: it decides the strict result against it | decisions.status';
COMMENT ON COLUMN per_game.opponent_defaults IS '0 to 1 | the same where it was an opponent''s: strictly, won without having to play on | decisions.status';
COMMENT ON COLUMN per_game.error_rate IS '0 to 1 | share of its episodes that ended in transport trouble | episodes.status';
COMMENT ON COLUMN per_game.worst_low IS 'as low | mean over all its episodes had those in error gone as badly as the rules allow; NULL unless error_rate is above 0.05, so a value is a warning | episodes.status';
COMMENT ON COLUMN per_game.worst_high IS 'as low | the same had they gone as well as the rules allow | episodes.status';
COMMENT ON COLUMN per_game.dropped_deals IS 'deals | deals that do not count, once per matchup: a seating missing or in transport trouble; in margin games an episode cut off without a fallback, in payoff and solo games any episode not played out | episodes.status';


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
        count(*) AS game_count,
        string_agg(game, ', ' ORDER BY game) AS games
    FROM counted
    GROUP BY agent
),

drops AS (
    SELECT agent, sum(dropped_deals)::BIGINT AS dropped_deals
    FROM per_game
    WHERE scoring = 'win_loss'
    GROUP BY agent
),

standings AS (
    SELECT agent, games, game_count, round(score, 12) AS measure
    FROM scores JOIN sums USING (agent)
),

everywhere AS (
    SELECT agent, rival, count(*) AS game_count
    FROM comparable JOIN games USING (game)
    WHERE scoring = 'win_loss'
    GROUP BY agent, rival
),

rivals AS (
    SELECT everywhere.agent, rival, theirs.measure
    FROM everywhere
    JOIN standings AS mine USING (agent, game_count)
    JOIN standings AS theirs ON theirs.agent = rival AND theirs.games = mine.games
),

places AS (
    SELECT
        mine.agent,
        1 + count(*) FILTER (WHERE rivals.measure > mine.measure) AS rank,
        1 + count(rival) AS ranked_among,
        least(mine.agent, min(rival)) AS group_name
    FROM standings AS mine LEFT JOIN rivals USING (agent)
    GROUP BY mine.agent
)

SELECT
    agent,
    rating,
    ratings.low AS rating_low,
    ratings.high AS rating_high,
    coalesce(ratings.reason, CASE WHEN rating IS NULL THEN 'no deals' END) AS rating_reason,
    tied_group, rating_set,
    CASE WHEN anchored THEN (SELECT any_value(suite) FROM ladder) END AS rating_suite,
    coalesce(deals, 0) AS deals,
    coalesce(distinct_episodes, 0) AS distinct_episodes,
    score,
    score_intervals.low AS score_low,
    score_intervals.high AS score_high,
    score_intervals.reason AS score_reason,
    strict_score,
    rank, ranked_among, games,
    coalesce(dropped_deals, 0) AS dropped_deals,
    nash_average, nash_warning
FROM agents
LEFT JOIN scores USING (agent)
LEFT JOIN sums USING (agent)
LEFT JOIN drops USING (agent)
LEFT JOIN places USING (agent)
LEFT JOIN ratings USING (agent)
LEFT JOIN score_intervals USING (agent)
LEFT JOIN nash_averages USING (agent)
ORDER BY game_count DESC NULLS LAST, games, ranked_among DESC, group_name, rank, agent;

COMMENT ON VIEW leaderboard IS
'The agents over all win_loss games. The score is the mean over families of the mean over the family''s games, so variants of one game weigh as one. Agents are ranked only among those with the same games and, in each of them, the same opponents, each other left out. Margin, payoff and solo games stand in per_game: their amounts have no common unit.';
COMMENT ON COLUMN leaderboard.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN leaderboard.rating IS 'rating points | strength on one scale over all rated games, families weighing alike; 400 points are odds of ten to one, draws apart; 0 is the first bot of the ladder (random in core-v1) where rating_suite names a suite, else the mean of the agents that the results bound against each other; NULL without a match | ratings.rating';
COMMENT ON COLUMN leaderboard.rating_low IS 'rating points | lower end of its 95 % interval: how far other deals of the same games could have moved it; NULL: see rating_reason | ratings.low';
COMMENT ON COLUMN leaderboard.rating_high IS 'rating points | upper end of the same interval | ratings.high';
COMMENT ON COLUMN leaderboard.rating_reason IS 'words | why the interval or one of its ends is missing; no deals: it played no match that counts; NULL where both ends are there | ratings.reason';
COMMENT ON COLUMN leaderboard.tied_group IS 'letters | agents of one rating_set that share a letter cannot be told apart by their matches (5 %, Holm over all pairs); NULL without a rating | ratings.tied_group';
COMMENT ON COLUMN leaderboard.rating_set IS 'number from 0 | the set of agents that matches link: ratings of different sets do not compare | ratings.rating_set';
COMMENT ON COLUMN leaderboard.rating_suite IS 'name | the suite on whose scale the rating stands: its bots have the ratings of its frozen games, and ratings of any two results with this suite compare; NULL: a scale of these results alone | ladder.suite';
COMMENT ON COLUMN leaderboard.deals IS 'deals | win_loss deals that count, once per matchup | per_game.deals';
COMMENT ON COLUMN leaderboard.distinct_episodes IS 'episodes | different (game, matchup, seating, trajectory) among them | per_game.distinct_episodes';
COMMENT ON COLUMN leaderboard.score IS '0 to 1 | mean over families of the mean over games; NULL without a win_loss game | per_game.score';
COMMENT ON COLUMN leaderboard.score_low IS '0 to 1 | lower end of the score''s 95 % interval over deals; NULL: see score_reason | score_intervals.low';
COMMENT ON COLUMN leaderboard.score_high IS '0 to 1 | upper end of the same interval | score_intervals.high';
COMMENT ON COLUMN leaderboard.score_reason IS 'words | why there is no interval of the score; NULL where there is one | score_intervals.reason';
COMMENT ON COLUMN leaderboard.strict_score IS '0 to 1 | the same mean had the first fallback of an episode been a forfeit | per_game.strict_score';
COMMENT ON COLUMN leaderboard.rank IS 'rank from 1 | place by score among comparable agents: those with the same games that met, in each of them, the same opponents, each other left out; equal scores share a place | computed';
COMMENT ON COLUMN leaderboard.ranked_among IS 'agents | number of agents the place is among, itself included; 1: no other met the same opponents in the same games | computed';
COMMENT ON COLUMN leaderboard.games IS 'names | the win_loss games that count for this agent | per_game.game';
COMMENT ON COLUMN leaderboard.dropped_deals IS 'deals | win_loss deals that do not count, once per matchup | per_game.dropped_deals';
COMMENT ON COLUMN leaderboard.nash_average IS '-1/2 to 0 | mean score less one half against the mixture of agents that no agent beats, over the matches behind the ratings, families weighing alike: 0 for agents that belong in such a mixture; clones and easy prey count for nothing. Compares within a rating_set; NULL without a rating | nash_averages.nash_average';
COMMENT ON COLUMN leaderboard.nash_warning IS 'words | at the best by rating, if in 95 % of resamples of the deals or more it belongs in no such mixture; NULL where luck may explain a disagreement | nash_averages.nash_warning';


CREATE VIEW plays_like AS
SELECT agent, game, ladder, equivalent, low, high, reason, rungs, deals
FROM likenesses
ORDER BY game, ladder, agent;

COMMENT ON VIEW plays_like IS
'Which setting of a bot each agent plays like, by rated win_loss game: its strength there between those of bots of one type, the rungs, by what it and the bots of all ladders did against each other. Bots of a suite are the rungs where there is one, else those of the grid; margin games are left out.';
COMMENT ON COLUMN plays_like.agent IS 'name | the agent; rungs themselves have no row | seats.agent';
COMMENT ON COLUMN plays_like.game IS 'name | the game | games.game';
COMMENT ON COLUMN plays_like.ladder IS 'word | the type of bot: mcts or ismcts, or noisy_optimal, whose ends are random (which errs always) and optimal (never) | agents.type';
COMMENT ON COLUMN plays_like.equivalent IS 'simulations per move (mcts, ismcts), or error rate from 0 to 1 (noisy_optimal) | the setting at which the bot would be as strong, strength being taken for linear in the logarithm of simulations and in the error rate from rung to rung; NULL: see reason | episodes, seats';
COMMENT ON COLUMN plays_like.low IS 'as equivalent | lower end of the 95 % interval over deals, what is unknown of the rungs included; NULL where it is beyond the last rung | episodes, seats';
COMMENT ON COLUMN plays_like.high IS 'as equivalent | upper end of the same interval | episodes, seats';
COMMENT ON COLUMN plays_like.reason IS 'words | why there is no equivalent: weaker or stronger than the last rung; about it or weaker (stronger), where luck may explain that; rungs out of order, where a rung beats one meant to be stronger beyond luck; not connected; one deal or family. NULL where there is one | computed';
COMMENT ON COLUMN plays_like.rungs IS 'names | the bots of the ladder that played the game, from the one meant to be weakest | agents.params';
COMMENT ON COLUMN plays_like.deals IS 'deals | deals of the game in which the agent met a bot of any ladder | episodes';


CREATE VIEW head_to_head AS
SELECT
    agent, opponent, game, deals, distinct_episodes, score, mean_return, strict_return,
    low, high, cell_intervals.reason,
    best_return,
    best_return - mean_return AS gap,
    CASE WHEN scoring IN ('payoff', 'solo')
        THEN coalesce(responses.reason, cell_intervals.reason)
    END AS gap_reason,
    return_deals, dropped_deals
FROM matchup_values
JOIN opponents USING (game, matchup, agent)
JOIN games USING (game)
LEFT JOIN cell_intervals USING (game, matchup, agent)
LEFT JOIN responses USING (game, matchup, agent)
ORDER BY game, agent, opponent;

COMMENT ON VIEW head_to_head IS
'Each agent against each set of opponents, per game: the mean over deals. Self-play is left out.';
COMMENT ON COLUMN head_to_head.agent IS 'name | the agent | seats.agent';
COMMENT ON COLUMN head_to_head.opponent IS 'names | the other agents of the matchup, joined by plus signs | seats.agent';
COMMENT ON COLUMN head_to_head.game IS 'name | the game | games.game';
COMMENT ON COLUMN head_to_head.deals IS 'deals | deals that count | episodes, seats';
COMMENT ON COLUMN head_to_head.distinct_episodes IS 'episodes | different (seating, trajectory) among the deals that count | episodes.trajectory';
COMMENT ON COLUMN head_to_head.score IS '0 to 1 | mean score, a draw being one half; NULL outside win_loss games | seats.score';
COMMENT ON COLUMN head_to_head.mean_return IS 'the game''s own units | mean return as played, random moves in place of the agent included, over the deals whose every episode was played out | seats.return';
COMMENT ON COLUMN head_to_head.strict_return IS 'the game''s own units | mean return over the deals that count had the first fallback been a forfeit; NULL outside margin games | seats.strict_return';
COMMENT ON COLUMN head_to_head.low IS 'as score in win_loss games, strict_return in margin games, else mean_return | lower end of its 95 % interval over deals; NULL: see reason | cell_intervals.low';
COMMENT ON COLUMN head_to_head.high IS 'as low | upper end of the same interval | cell_intervals.high';
COMMENT ON COLUMN head_to_head.reason IS 'words | why there is no interval; NULL where there is one | cell_intervals.reason';
COMMENT ON COLUMN head_to_head.best_return IS 'the game''s own units | in payoff games what the best response to this very opponent gets in the mean; NULL elsewhere, and see gap_reason | best_responses.best_return';
COMMENT ON COLUMN head_to_head.gap IS 'the game''s own units | best_return less mean_return; its 95 % interval is from best_return - high to best_return - low | best_responses.best_return';
COMMENT ON COLUMN head_to_head.gap_reason IS 'words | as in per_game | best_responses.reason';
COMMENT ON COLUMN head_to_head.return_deals IS 'deals | deals behind mean_return | seats.return';
COMMENT ON COLUMN head_to_head.dropped_deals IS 'deals | deals that do not count | episodes.status';


CREATE VIEW seat_effect AS
WITH per_matchup AS (
    SELECT
        game, matchup, agent, seat,
        sum(episodes)::BIGINT AS episodes,
        avg(score) AS score,
        avg(mean_return) AS mean_return
    FROM seat_values
    GROUP BY game, matchup, agent, seat
),

per_seat AS (
    SELECT
        game, agent, seat,
        sum(episodes)::BIGINT AS episodes,
        avg(score) AS score,
        avg(mean_return) AS mean_return
    FROM per_matchup
    GROUP BY game, agent, seat
)

SELECT game, agent, seat, episodes, score, mean_return, low, high, reason
FROM per_seat LEFT JOIN seat_intervals USING (game, agent, seat)
ORDER BY game, agent, seat;

COMMENT ON VIEW seat_effect IS
'Each agent in each seat: the means of per_game taken apart by seat, over the same deals.';
COMMENT ON COLUMN seat_effect.game IS 'name | the game | games.game';
COMMENT ON COLUMN seat_effect.agent IS 'name | the agent | seats.agent';
COMMENT ON COLUMN seat_effect.seat IS 'number from 0 | the seat, in the order of the game''s players | seats.seat';
COMMENT ON COLUMN seat_effect.episodes IS 'episodes | sittings of the agent in this seat, in deals that count | seats';
COMMENT ON COLUMN seat_effect.score IS '0 to 1 | mean score in this seat; NULL outside win_loss games | seats.score';
COMMENT ON COLUMN seat_effect.mean_return IS 'the game''s own units | mean return in this seat over the deals whose every episode was played out | seats.return';
COMMENT ON COLUMN seat_effect.low IS 'as score in win_loss games, else mean_return | lower end of its 95 % interval over deals; NULL: see reason | seat_intervals.low';
COMMENT ON COLUMN seat_effect.high IS 'as low | upper end of the same interval | seat_intervals.high';
COMMENT ON COLUMN seat_effect.reason IS 'words | why there is no interval; NULL where there is one | seat_intervals.reason';


CREATE VIEW paired AS
SELECT
    game, agent, rival, deals, look, difference, low, high, reason, anytime_low, anytime_high,
    anytime_reason, p, smallest_p, p_adjusted, m, method
FROM comparisons
ORDER BY game NULLS FIRST, agent, rival;

COMMENT ON VIEW paired IS
'Who of two is better, on the deals both played, so that the luck of the deal cancels. Only agents that met the same opponents are compared, each in the place of the other against these, and with one another. Payoff games are not ranked and have no rows.';
COMMENT ON COLUMN paired.game IS 'name | the game; NULL: all win_loss games together, weighed as on the leaderboard | games.game';
COMMENT ON COLUMN paired.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN paired.rival IS 'name | whom it is held against | agents.agent';
COMMENT ON COLUMN paired.deals IS 'deals | deals that count for both with every opponent | episodes, seats';
COMMENT ON COLUMN paired.look IS 'number from 1 | which look at this comparison it is, interim ones counted: how many different sets of its deals tables were made of, up to these. From 2 on, where what was seen had a say in playing on, low, high and p do not hold what they promise; anytime_low and anytime_high do. NULL without deals | comparisons.look';
COMMENT ON COLUMN paired.difference IS 'as score in win_loss games, strict_return in margin games, mean_return in solo games | mean over these deals of the agent''s less the rival''s; NULL without deals | comparisons.difference';
COMMENT ON COLUMN paired.low IS 'as difference | lower end of its 95 % interval, for a number of deals fixed beforehand; NULL: see reason | comparisons.low';
COMMENT ON COLUMN paired.high IS 'as difference | upper end of the same interval | comparisons.high';
COMMENT ON COLUMN paired.reason IS 'words | why there is no interval; NULL where there is one | comparisons.reason';
COMMENT ON COLUMN paired.anytime_low IS 'as difference | lower end of the 95 % interval that holds however often one looks and whenever one stops; NULL: see anytime_reason | comparisons.anytime_low';
COMMENT ON COLUMN paired.anytime_high IS 'as difference | upper end of the same interval | comparisons.anytime_high';
COMMENT ON COLUMN paired.anytime_reason IS 'words | why there is no such interval; NULL where there is one | comparisons.anytime_reason';
COMMENT ON COLUMN paired.p IS '0 to 1 | two-sided p of the sign-flip test that the two are exchangeable on every deal | comparisons.p';
COMMENT ON COLUMN paired.smallest_p IS '0 to 1 | the smallest p that so many deals could have given: above 0.05 the test could not tell them apart | comparisons.smallest_p';
COMMENT ON COLUMN paired.p_adjusted IS '0 to 1 | p held against the m questions asked at once, by method | comparisons.p_adjusted';
COMMENT ON COLUMN paired.m IS 'pairs | how many pairs were tested in this game, or over all games | comparisons.m';
COMMENT ON COLUMN paired.method IS 'words | what p_adjusted controls: benjamini-hochberg, the share of false claims within the game; holm, any false claim at all | comparisons.method';


-- An agent's own decisions only: a fallback is not its skill. Where all legal moves are worth the
-- same, there is nothing to get right: such decisions count for neither rate nor regret.
CREATE VIEW move_quality AS
SELECT
    agent, game,
    count(*) AS decisions,
    avg(optimal::INTEGER) FILTER (WHERE NOT trivial) AS optimal_rate,
    any_value(low) AS low,
    any_value(high) AS high,
    coalesce(
        any_value(quality_intervals.reason), CASE WHEN any_value(low) IS NULL THEN 'no deals' END
    ) AS reason,
    avg(regret) FILTER (WHERE NOT trivial) AS mean_regret,
    count(regret) FILTER (WHERE NOT trivial) AS judged,
    count(*) FILTER (WHERE trivial) AS trivial,
    any_value(decision.oracle) AS oracle
FROM decisions AS decision
JOIN episodes AS episode USING (episode_id)
JOIN matchups USING (game, matchup)
LEFT JOIN quality_intervals USING (game, agent)
WHERE episode.status <> 'error' AND decision.status IN ('ok', 'rethought') AND NOT mirror
GROUP BY agent, game
ORDER BY game, agent;

COMMENT ON VIEW move_quality IS
'Each agent''s own decisions held against best play, in the positions that its own games led to. Fallbacks and self-play are left out.';
COMMENT ON COLUMN move_quality.agent IS 'name | the agent | decisions.agent';
COMMENT ON COLUMN move_quality.game IS 'name | the game | games.game';
COMMENT ON COLUMN move_quality.decisions IS 'decisions | decisions the agent made itself | decisions.status';
COMMENT ON COLUMN move_quality.optimal_rate IS '0 to 1 | share of the judged decisions that were optimal; NULL where nothing was judged and where the oracle is an equilibrium. Each agent met positions of its own: not comparable across models | decisions.optimal';
COMMENT ON COLUMN move_quality.low IS '0 to 1 | lower end of the 95 % interval of optimal_rate over deals; NULL: see reason | quality_intervals.low';
COMMENT ON COLUMN move_quality.high IS '0 to 1 | upper end of the same interval | quality_intervals.high';
COMMENT ON COLUMN move_quality.reason IS 'words | why there is no interval, no deals standing for nothing judged; NULL where there is one | quality_intervals.reason';
COMMENT ON COLUMN move_quality.mean_regret IS 'the game''s own units | mean over the judged decisions of best value less value of the move chosen, with best play afterwards; under an equilibrium, against that one. NULL where nothing was judged. Each agent met positions of its own: not comparable across models | decisions.regret';
COMMENT ON COLUMN move_quality.judged IS 'decisions | decisions behind optimal_rate and mean_regret: those in which not all legal moves are worth the same; under an equilibrium, only where it ever lets the game come to that | decisions.regret';
COMMENT ON COLUMN move_quality.trivial IS 'decisions | decisions in which all legal moves are worth the same, left out of rate and regret | decisions.trivial';
COMMENT ON COLUMN move_quality.oracle IS 'name | exact, or the equilibrium that values are against; NULL where the game has no oracle | decisions.oracle';


CREATE VIEW regret_by_ply AS
SELECT
    game, agent, ply,
    sum(regret) / sum(moves) AS mean_regret,
    any_value(low) AS low,
    any_value(high) AS high,
    any_value(reason) AS reason,
    sum(moves)::BIGINT AS judged,
    count(*) AS deals
FROM measured_plies LEFT JOIN regret_intervals USING (game, agent, ply)
GROUP BY game, agent, ply
ORDER BY game, agent, ply;

COMMENT ON VIEW regret_by_ply IS
'What each agent''s own decisions lost, by how far the episode was. The decisions are those behind mean_regret in move_quality.';
COMMENT ON COLUMN regret_by_ply.game IS 'name | the game | games.game';
COMMENT ON COLUMN regret_by_ply.agent IS 'name | the agent | decisions.agent';
COMMENT ON COLUMN regret_by_ply.ply IS 'number from 0 | the decisions of the episode before this one, openings left out | decisions.ply';
COMMENT ON COLUMN regret_by_ply.mean_regret IS 'the game''s own units | mean over the judged decisions of best value less value of the move chosen | decisions.regret';
COMMENT ON COLUMN regret_by_ply.low IS 'the game''s own units | lower end of its 95 % interval over deals; NULL: see reason | regret_intervals.low';
COMMENT ON COLUMN regret_by_ply.high IS 'the game''s own units | upper end of the same interval | regret_intervals.high';
COMMENT ON COLUMN regret_by_ply.reason IS 'words | why there is no interval; NULL where there is one | regret_intervals.reason';
COMMENT ON COLUMN regret_by_ply.judged IS 'decisions | decisions behind the mean: the agent''s own, in which not all legal moves are worth the same | decisions.regret';
COMMENT ON COLUMN regret_by_ply.deals IS 'deals | deals with such a decision at this ply | episodes.deal';


-- Here a move that was not the agent's own is an answer it did not give.
CREATE VIEW position_quality AS
SELECT
    agent, game,
    count(*) AS positions,
    avg(coalesce(optimal, false)::INTEGER) AS optimal_rate,
    any_value(low) AS low,
    any_value(high) AS high,
    any_value(reason) AS reason,
    avg(regret) AS mean_regret,
    any_value(regret_low) AS regret_low,
    any_value(regret_high) AS regret_high,
    any_value(regret_reason) AS regret_reason,
    count(regret) AS answered
FROM positions LEFT JOIN position_intervals USING (game, agent)
GROUP BY agent, game
ORDER BY game, agent;

COMMENT ON VIEW position_quality IS
'One move of each agent in each of the same positions of the games that are solved exactly, none of them trivial: comparable across agents.';
COMMENT ON COLUMN position_quality.agent IS 'name | the agent | positions.agent';
COMMENT ON COLUMN position_quality.game IS 'name | the game | games.game';
COMMENT ON COLUMN position_quality.positions IS 'positions | positions in which the agent was asked | positions';
COMMENT ON COLUMN position_quality.optimal_rate IS '0 to 1 | share of the positions in which the agent itself made a best move | positions.optimal';
COMMENT ON COLUMN position_quality.low IS '0 to 1 | lower end of the 95 % interval of optimal_rate: how far other positions, chosen likewise, could have moved it; NULL: see reason | position_intervals.low';
COMMENT ON COLUMN position_quality.high IS '0 to 1 | upper end of the same interval | position_intervals.high';
COMMENT ON COLUMN position_quality.reason IS 'words | why there is no interval, deals standing for positions; NULL where there is one | position_intervals.reason';
COMMENT ON COLUMN position_quality.mean_regret IS 'the game''s own units | mean over the answered positions of best value less value of the move chosen | positions.regret';
COMMENT ON COLUMN position_quality.regret_low IS 'the game''s own units | lower end of the 95 % interval of mean_regret; NULL: see regret_reason | position_intervals.regret_low';
COMMENT ON COLUMN position_quality.regret_high IS 'the game''s own units | upper end of the same interval | position_intervals.regret_high';
COMMENT ON COLUMN position_quality.regret_reason IS 'words | why there is no interval of mean_regret, deals standing for positions: all deals equal, where every answer was best, is one | position_intervals.regret_reason';
COMMENT ON COLUMN position_quality.answered IS 'positions | positions in which the agent made a legal move itself | positions.regret';


CREATE VIEW paired_positions AS
SELECT
    game, agent, rival, deals AS positions, difference, low, high, reason, p, smallest_p,
    p_adjusted, m, method
FROM position_comparisons
ORDER BY game NULLS FIRST, agent, rival;

COMMENT ON VIEW paired_positions IS
'Who of two finds more of the best moves, in the positions that both were asked in. Every pair once.';
COMMENT ON COLUMN paired_positions.game IS 'name | the game; NULL: over all games with positions, those with the same ones compared, families weighing alike | position_comparisons.game';
COMMENT ON COLUMN paired_positions.agent IS 'name | the agent | position_comparisons.agent';
COMMENT ON COLUMN paired_positions.rival IS 'name | the other agent | position_comparisons.rival';
COMMENT ON COLUMN paired_positions.positions IS 'positions | positions that both were asked in | positions';
COMMENT ON COLUMN paired_positions.difference IS '-1 to 1 | the agent''s share of best moves less the rival''s; NULL without positions | position_comparisons.difference';
COMMENT ON COLUMN paired_positions.low IS '-1 to 1 | lower end of its 95 % interval; NULL: see reason | position_comparisons.low';
COMMENT ON COLUMN paired_positions.high IS '-1 to 1 | upper end of the same interval | position_comparisons.high';
COMMENT ON COLUMN paired_positions.reason IS 'words | why there is no interval, deals standing for positions; NULL where there is one | position_comparisons.reason';
COMMENT ON COLUMN paired_positions.p IS '0 to 1 | two-sided p of the sign-flip test that the two are exchangeable in every position: McNemar''s, as each is right or not | position_comparisons.p';
COMMENT ON COLUMN paired_positions.smallest_p IS '0 to 1 | the smallest p that so many positions in which they differ could have given | position_comparisons.smallest_p';
COMMENT ON COLUMN paired_positions.p_adjusted IS '0 to 1 | p held against the m questions asked at once, by method | position_comparisons.p_adjusted';
COMMENT ON COLUMN paired_positions.m IS 'pairs | how many pairs were tested in this game, or over all games | position_comparisons.m';
COMMENT ON COLUMN paired_positions.method IS 'words | what p_adjusted controls: benjamini-hochberg, the share of false claims within the game; holm, any false claim at all | position_comparisons.method';


CREATE VIEW exploitability AS
SELECT
    agent, game, policy, k, exploitability,
    equilibrium_mean, equilibrium_low, equilibrium_high, p, reason,
    uniform, states, replies, fallbacks, reference
FROM readings
ORDER BY game, agent, policy;

COMMENT ON VIEW exploitability IS
'What the best opponent, who knows it, wins from the policy that each agent stated when it was asked in every information state of a game: exact for that policy, and 0 for an equilibrium alone. A sampled policy reads too high, so the equilibrium''s own readings stand beside it.';
COMMENT ON COLUMN exploitability.agent IS 'name | the agent | readings.agent';
COMMENT ON COLUMN exploitability.game IS 'name | the game | games.game';
COMMENT ON COLUMN exploitability.policy IS 'word | how the policy was learnt of: generated, the shares of the moves made; likelihood, the likelihoods of the legal moves as shares of their sum, whatever the temperature; greedy, the likeliest move always; stated, what a bot says that it plays, to check the generated one by | readings.policy';
COMMENT ON COLUMN exploitability.k IS 'replies | replies in each information state, of which the shares are; the least where they differ; NULL where nothing is sampled | readings.k';
COMMENT ON COLUMN exploitability.exploitability IS 'the game''s own units | what a best response wins per game beyond the value of the game, the mean over both seats; half of NashConv | probes.action';
COMMENT ON COLUMN exploitability.equilibrium_mean IS 'the game''s own units | mean reading of the reference equilibrium, were it sampled k times in each information state: what luck alone makes of no weakness at all; NULL: see reason | computed';
COMMENT ON COLUMN exploitability.equilibrium_low IS 'the game''s own units | lower end of where 95 % of those readings lie, by simulation | computed';
COMMENT ON COLUMN exploitability.equilibrium_high IS 'the game''s own units | upper end of the same: a reading above it is no luck | computed';
COMMENT ON COLUMN exploitability.p IS '0 to 1 | share of those readings that are as high as the agent''s or higher; NULL: see reason | computed';
COMMENT ON COLUMN exploitability.reason IS 'words | why nothing stands beside the reading: nothing sampled, so that the reading is exact; NULL where something does | computed';
COMMENT ON COLUMN exploitability.uniform IS 'the game''s own units | exploitability of uniformly random moves: the scale to read the others on | computed';
COMMENT ON COLUMN exploitability.states IS 'information states | information states of both seats | computed';
COMMENT ON COLUMN exploitability.replies IS 'decisions | decisions behind the policy; 0 of a stated one | probes';
COMMENT ON COLUMN exploitability.fallbacks IS 'decisions | those of them in which the agent named no legal move: all legal moves alike were taken for them, as the harness would play. The more, the less is said of the agent | probes.status';
COMMENT ON COLUMN exploitability.reference IS 'name | the equilibrium that was sampled | computed';


CREATE VIEW failures AS
WITH ways AS (
    SELECT
        agent,
        CASE WHEN model IS NOT NULL THEN coalesce(params ->> 'decode', 'generate') END AS decode,
        params ->> 'decode' IS NOT NULL AS held
    FROM agents
),

pairs AS (
    SELECT
        agent, game,
        count(DISTINCT episode_id) FILTER (WHERE status = 'error') AS error_episodes
    FROM seats JOIN episodes USING (episode_id)
    GROUP BY agent, game
),

made AS (
    SELECT
        agent, game,
        count(*) AS decisions,
        count(*) FILTER (WHERE decision.status = 'ok') AS ok,
        count(*) FILTER (WHERE decision.status = 'rethought') AS rethought,
        count(*) FILTER (WHERE decision.status = 'fallback') AS fallback,
        count(*) FILTER (WHERE decision.status = 'forfeit') AS forfeit
    FROM decisions AS decision JOIN episodes AS episode USING (episode_id)
    WHERE episode.status <> 'error'
    GROUP BY agent, game
),

received AS (
    SELECT
        agent, game,
        count(*) AS replies,
        count(*) FILTER (WHERE failure = 'truncated') AS truncated,
        count(*) FILTER (
            WHERE failure = 'truncated'
            AND CASE
                WHEN regexp_matches(reply, '(?i)<\s*(think|thinking|reasoning)\s*>')
                    THEN NOT regexp_matches(reply, '(?i)<\s*/\s*(think|thinking|reasoning)\s*>')
                ELSE NOT regexp_matches(reply, '\S') AND reasoning IS NOT NULL
            END
        ) AS cut_in_thinking,
        count(*) FILTER (WHERE failure = 'empty') AS empty,
        count(*) FILTER (WHERE failure = 'refused') AS refused,
        count(*) FILTER (WHERE failure = 'unparsable') AS unparsable,
        count(*) FILTER (WHERE failure = 'illegal') AS illegal
    FROM calls JOIN seats USING (episode_id, seat) JOIN episodes USING (episode_id)
    WHERE status <> 'error'
    GROUP BY agent, game
)

SELECT
    agent, game, decode,
    coalesce(decisions, 0) AS decisions,
    coalesce(ok, 0) AS ok,
    coalesce(rethought, 0) AS rethought,
    coalesce(fallback, 0) AS fallback,
    coalesce(forfeit, 0) AS forfeit,
    coalesce(replies, 0) AS replies,
    coalesce(truncated, 0) AS truncated,
    coalesce(cut_in_thinking, 0) AS cut_in_thinking,
    coalesce(empty, 0) AS empty,
    coalesce(refused, 0) AS refused,
    -- Held to the legal moves or scored, a model cannot fail so: that says nothing of its skill.
    CASE WHEN held THEN NULL ELSE coalesce(unparsable, 0) END AS unparsable,
    CASE WHEN held THEN NULL ELSE coalesce(illegal, 0) END AS illegal,
    error_episodes
FROM pairs
LEFT JOIN made USING (agent, game)
LEFT JOIN received USING (agent, game)
LEFT JOIN ways USING (agent)
ORDER BY game, agent;

COMMENT ON VIEW failures IS
'Whose moves they were, and what was wrong with replies. Everything that was played to an end is here, self-play included; episodes in transport trouble are counted in error_episodes alone.';
COMMENT ON COLUMN failures.agent IS 'name | the agent | seats.agent';
COMMENT ON COLUMN failures.game IS 'name | the game | games.game';
COMMENT ON COLUMN failures.decode IS 'word | how the model states a move: generate, constrained (its words held to the legal moves) or score (their likelihoods); NULL for bots | agents.params';
COMMENT ON COLUMN failures.decisions IS 'decisions | decisions the agent was asked for | decisions';
COMMENT ON COLUMN failures.ok IS 'decisions | decided by the first reply; all decisions of bots | decisions.status';
COMMENT ON COLUMN failures.rethought IS 'decisions | decided by a later reply, after the agent was told what was wrong | decisions.status';
COMMENT ON COLUMN failures.fallback IS 'decisions | random moves made in place of the agent | decisions.status';
COMMENT ON COLUMN failures.forfeit IS 'decisions | given up for want of a usable reply | decisions.status';
COMMENT ON COLUMN failures.replies IS 'replies | replies of the model, good and bad; 0 for bots | calls';
COMMENT ON COLUMN failures.truncated IS 'replies | replies cut off by the limit of tokens | calls.failure';
COMMENT ON COLUMN failures.cut_in_thinking IS 'replies | those of them that were cut off before their thinking ended: the limit leaves too little room | calls.reply';
COMMENT ON COLUMN failures.empty IS 'replies | replies without text | calls.failure';
COMMENT ON COLUMN failures.refused IS 'replies | replies refused by the model or stopped by a content filter | calls.failure';
COMMENT ON COLUMN failures.unparsable IS 'replies | replies that name no move in the form asked for; NULL where decode makes every reply legal | calls.failure';
COMMENT ON COLUMN failures.illegal IS 'replies | replies that name a move which is not legal; NULL where decode makes every reply legal | calls.failure';
COMMENT ON COLUMN failures.error_episodes IS 'episodes | episodes with this agent that transport trouble, whoever''s, kept from ending; they are in no other number and are played again by the next run | episodes.status';


CREATE VIEW usage AS
WITH every_call AS (
    SELECT 'episodes' AS asked, game, agent, calls.*
    FROM calls JOIN seats USING (episode_id, seat) JOIN episodes USING (episode_id)
    WHERE status <> 'error'
    UNION ALL BY NAME
    FROM calls_alone
),

every_decision AS (
    SELECT 'episodes' AS asked, game, agent, attempts, cost_usd
    FROM decisions AS decision JOIN episodes AS episode USING (episode_id)
    WHERE episode.status <> 'error'
    UNION ALL
    SELECT 'positions', game, agent, attempts, cost_usd FROM positions
    UNION ALL
    SELECT 'probes', game, agent, attempts, cost_usd FROM probes
),

called AS (
    SELECT
        agent, game, asked,
        count(*) AS calls,
        count(*) FILTER (WHERE replayed) AS replayed,
        sum(prompt_tokens)::BIGINT AS prompt_tokens,
        sum(completion_tokens)::BIGINT AS completion_tokens,
        sum(reasoning_tokens)::BIGINT AS reasoning_tokens,
        sum(cached_tokens)::BIGINT AS cached_tokens,
        count(*) FILTER (WHERE prompt_tokens IS NULL OR completion_tokens IS NULL)
            AS unknown_usage,
        avg(latency_s) AS latency_mean_s,
        quantile_cont(latency_s, 0.5) AS latency_p50_s,
        quantile_cont(latency_s, 0.95) AS latency_p95_s,
        sum(transport_attempts)::BIGINT AS transport_attempts,
        sum(maybe_billed)::BIGINT AS maybe_billed,
        count(DISTINCT concat_ws(' ', model_served, fingerprint))
            FILTER (WHERE model_served IS NOT NULL) AS models_served
    FROM every_call
    GROUP BY agent, game, asked
),

paid AS (
    SELECT
        agent, game, asked,
        CASE WHEN count(cost_usd) = count(*) THEN sum(cost_usd) END AS cost_usd
    FROM every_decision
    WHERE attempts > 0
    GROUP BY agent, game, asked
)

SELECT
    agent, game, asked, calls, replayed, prompt_tokens, completion_tokens, reasoning_tokens,
    cached_tokens, unknown_usage, cost_usd, latency_mean_s, latency_p50_s, latency_p95_s,
    transport_attempts, maybe_billed, models_served
FROM called LEFT JOIN paid USING (agent, game, asked)
ORDER BY game, agent, asked;

COMMENT ON VIEW usage IS
'What the models were asked and what it took, self-play and single moves included and what transport trouble kept from ending left out: the sum of cost_usd is what the results cost. Agents that ask no model have no row.';
COMMENT ON COLUMN usage.agent IS 'name | the agent | seats.agent';
COMMENT ON COLUMN usage.game IS 'name | the game | games.game';
COMMENT ON COLUMN usage.asked IS 'word | what the agent was asked for: episodes, or single moves in positions or probes | calls_alone.asked';
COMMENT ON COLUMN usage.calls IS 'calls | requests answered, rethinks included | calls, calls_alone';
COMMENT ON COLUMN usage.replayed IS 'calls | those of them answered from the journal, where nothing was asked | calls.replayed';
COMMENT ON COLUMN usage.prompt_tokens IS 'tokens | sum over the calls that state it; NULL if none does | calls.prompt_tokens';
COMMENT ON COLUMN usage.completion_tokens IS 'tokens | sum over the calls that state it; NULL if none does | calls.completion_tokens';
COMMENT ON COLUMN usage.reasoning_tokens IS 'tokens | sum over the calls that state it; NULL if none does | calls.reasoning_tokens';
COMMENT ON COLUMN usage.cached_tokens IS 'tokens | sum over the calls that state it; NULL if none does | calls.cached_tokens';
COMMENT ON COLUMN usage.unknown_usage IS 'calls | calls without stated prompt or completion tokens, for which the sums are short | calls';
COMMENT ON COLUMN usage.cost_usd IS 'USD | tokens at the model''s prices, replayed calls included, cached tokens at their own price where it is known; NULL if the cost of any decision is unknown | cost_usd of decisions, positions, probes';
COMMENT ON COLUMN usage.latency_mean_s IS 'seconds | mean time of the successful request | calls.latency_s';
COMMENT ON COLUMN usage.latency_p50_s IS 'seconds | median time of the successful request | calls.latency_s';
COMMENT ON COLUMN usage.latency_p95_s IS 'seconds | time that 95 of 100 successful requests do not exceed | calls.latency_s';
COMMENT ON COLUMN usage.transport_attempts IS 'requests | requests sent, retries after transport trouble included | calls.transport_attempts';
COMMENT ON COLUMN usage.maybe_billed IS 'requests | those of them whose answer was lost on the way and may have been paid for | calls.maybe_billed';
COMMENT ON COLUMN usage.models_served IS 'models | different names and fingerprints that the provider answered with; more than 1: another model answered in mid-run; 0 where none is stated | calls.model_served';


CREATE VIEW controls AS
SELECT name, game, matchup, agent, seat, expected, found, low, high, deals, passed, reason
FROM control_checks
ORDER BY passed NULLS LAST, name, game, matchup, agent, seat;

COMMENT ON VIEW controls IS 'Checks that the results make of themselves: what bots of known policies got in each seat against what these policies give, exactly, and best play against what it is sure of. All is well with probability 0.999 or more of every one passing, over all of them together. One that fails says that no number of these results is to be trusted.';
COMMENT ON COLUMN controls.name IS 'word | random: random play alone; mirror: a bot against itself; bots: different bots; oracle: best play, which never gets less in the mean than its seat is worth | control_checks.name';
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

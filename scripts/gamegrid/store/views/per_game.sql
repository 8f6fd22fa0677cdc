-- table: 20
-- paper: by game; agent, result = score|strict_return|mean_return [low, high], group = tied_group, rank, strict_score, deals, forfeited, fallbacks
CREATE VIEW per_game AS
WITH means AS (
    SELECT
        game, agent,
        sum(deals)::BIGINT AS deals,
        sum(distinct_episodes)::BIGINT AS distinct_episodes,
        avg(score) AS score,
        avg(strict_score) AS strict_score,
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
    WHERE status <> 'error' AND NOT self_play
    GROUP BY game, agent
),

forfeits AS (
    SELECT game, agent, count(DISTINCT episode_id) AS forfeited
    FROM decisions AS decision JOIN episodes AS episode USING (episode_id)
    JOIN matchups USING (game, matchup)
    WHERE decision.status = 'forfeit' AND episode.status <> 'error' AND NOT self_play
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

sittings AS (
    SELECT
        game, matchup, agent, status,
        coalesce(list_contains(defaulted, seat), false) AS own,
        coalesce(len(list_filter(defaulted, lambda one: one <> seat)) > 0, false) AS others
    FROM episodes JOIN seats USING (episode_id)
    JOIN (SELECT game, matchup, self_play FROM matchups) USING (game, matchup)
    LEFT JOIN defaults USING (episode_id)
    WHERE NOT self_play
),

sat AS (
    SELECT
        game, matchup, agent,
        count(*) AS sittings,
        count(*) FILTER (WHERE status = 'error') AS errors,
        count(*) FILTER (WHERE status <> 'error' AND own) AS own,
        count(*) FILTER (WHERE status <> 'error' AND others) AS others
    FROM sittings
    GROUP BY game, matchup, agent
),

trouble AS (
    SELECT
        game, agent,
        sum(errors) / sum(sittings) AS error_rate,
        sum(own) / nullif(sum(sittings) - sum(errors), 0) AS own_defaults,
        sum(others) / nullif(sum(sittings) - sum(errors), 0) AS opponent_defaults
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
    WHERE cooperate IS NOT NULL AND episode.status <> 'error' AND NOT self_play
    GROUP BY game, agent
),

-- Means over the opponents, as mean_return is: none without the best response to each of them.
answers AS (
    SELECT
        game, agent,
        CASE WHEN count(best_return) = count(*) THEN avg(best_return) END AS best_return,
        max(in_words(reason)) AS response_reason
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
            by_scoring(scoring, score, strict_return, mean_return),
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
    LEFT JOIN ranked_pairs ON ranked_pairs.game = me.game AND ranked_pairs.agent = me.agent
    LEFT JOIN measured AS rival
        ON rival.game = ranked_pairs.game AND rival.agent = ranked_pairs.rival
    LEFT JOIN provisional_in_game AS those ON those.game = me.game AND those.agent = me.agent
    WHERE me.scoring <> 'payoff' AND me.measure IS NOT NULL AND provisional IS NULL
    GROUP BY me.game, me.agent
)

SELECT
    game, scoring,
    CASE WHEN unsure_ranks.agent IS NULL THEN rank END AS rank,
    CASE WHEN unsure_ranks.agent IS NULL AND provisional IS NULL
        THEN least(game_ranks.rank_low, rank)
    END AS rank_low,
    CASE WHEN unsure_ranks.agent IS NULL AND provisional IS NULL
        THEN greatest(game_ranks.rank_high, rank)
    END AS rank_high,
    CASE
        WHEN scoring = 'payoff' THEN NULL
        WHEN provisional IS NOT NULL THEN provisional
        WHEN rank IS NOT NULL AND unsure_ranks.agent IS NOT NULL THEN 'dropped deals may decide it'
    END AS rank_reason,
    ranked_among,
    CASE WHEN rank IS NOT NULL AND unsure_ranks.agent IS NULL THEN tied_group END AS tied_group,
    agent, deals, distinct_episodes, score, strict_score,
    CASE WHEN scoring = 'margin' THEN beats END AS beats,
    beats_low, beats_high,
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
    CASE WHEN scoring IN ('payoff', 'solo')
        THEN coalesce(response_reason, game_intervals.reason)
    END AS gap_reason,
    cooperation_rate,
    in_words(unrated_reason) AS unrated_reason,
    coalesce(forfeited, 0) AS forfeited,
    coalesce(truncated, 0) AS truncated,
    coalesce(fallbacks, 0) AS fallbacks,
    own_defaults, opponent_defaults, error_rate,
    worst_low, worst_high,
    dropped_deals,
    provisional
FROM measured
LEFT JOIN places USING (game, agent)
LEFT JOIN game_ranks USING (game, agent)
LEFT JOIN unsure_ranks USING (game, agent)
LEFT JOIN conduct USING (game, agent)
LEFT JOIN forfeits USING (game, agent)
LEFT JOIN trouble USING (game, agent)
LEFT JOIN cooperation USING (game, agent)
LEFT JOIN best USING (game)
LEFT JOIN answers USING (game, agent)
LEFT JOIN provisional_in_game USING (game, agent)
JOIN rated_games USING (game)
LEFT JOIN game_intervals USING (game, agent)
LEFT JOIN normalized_intervals USING (game, agent)
ORDER BY
    game, ranked_among DESC NULLS LAST, group_name, rank, measure DESC NULLS LAST, agent;

COMMENT ON VIEW per_game IS
'How each agent did in each game: the mean over deals per opponent, then the mean over opponents with equal weights. Self-play is excluded.';
COMMENT ON COLUMN per_game.game IS 'name | the game | games.game';
COMMENT ON COLUMN per_game.scoring IS 'win_loss, margin, payoff or solo | what counts in the game: the score in win_loss games, the strict return in margin games, the return in all others | games.scoring';
COMMENT ON COLUMN per_game.rank_low IS 'rank from 1 | the best place that is possible: one more than the number of comparable agents that are above this one beyond luck. The ranges of all agents of a game hold together with 95 % probability. NULL if rank is NULL | game_ranks.rank_low';
COMMENT ON COLUMN per_game.rank_high IS 'rank from 1 | the worst place that is possible | game_ranks.rank_high';
COMMENT ON COLUMN per_game.tied_group IS 'letters | agents of a game share a letter exactly if they are ranked together and neither is above the other beyond luck, by all pairs of the game together, planned or not; NULL if rank is NULL | game_ranks.tied_group';
COMMENT ON COLUMN per_game.rank IS 'rank from 1 | place within the game among comparable agents: those that met the same opponents apart from each other (with more seats, the same line-ups of opponents), in deals that count. By score (win_loss), by beats and then strict return (margin), or by mean return (solo); equal values share a place. NULL in payoff games, which are not ranked, if nothing counted, and for the reason in rank_reason | computed';
COMMENT ON COLUMN per_game.rank_reason IS 'words | the reason a rank is withheld: the results are provisional, or the dropped deals of the agent, or of one that it is ranked with, could reverse their order; NULL if there is a rank, and where agents are not ranked | dropped_sittings';
COMMENT ON COLUMN per_game.ranked_among IS 'agents | number of agents that the place is among, itself included; 1: no other agent met the same opponents; NULL if rank is NULL | computed';
COMMENT ON COLUMN per_game.agent IS 'name | the agent | seats.agent';
COMMENT ON COLUMN per_game.deals IS 'deals | deals that count, once per matchup; in win_loss and margin games, forfeited ones too | episodes, seats';
COMMENT ON COLUMN per_game.distinct_episodes IS 'episodes | distinct (matchup, seating, trajectory) among the deals that count; far fewer than played means that agents repeat themselves | episodes.trajectory';
COMMENT ON COLUMN per_game.score IS '0 to 1 | mean score, where a draw is one half; NULL outside win_loss games | seats.score';
COMMENT ON COLUMN per_game.strict_score IS '0 to 1 | mean score if the first fallback counted as a forfeit | seats.strict_score';
COMMENT ON COLUMN per_game.beats IS '0 to 1 | share of opponents that the agent beats: its mean strict return per deal against them is above 0 (exactly 0 counts as half); NULL outside margin games | seats.strict_return';
COMMENT ON COLUMN per_game.beats_low IS '0 to 1 | lower end of the interval of beats: the share of opponents that the agent beats beyond luck; NULL outside margin games | game_ranks.beats_low';
COMMENT ON COLUMN per_game.beats_high IS '0 to 1 | upper end of the interval of beats: the share of opponents that do not beat the agent beyond luck | game_ranks.beats_high';
COMMENT ON COLUMN per_game.mean_return IS 'the game''s own units | mean return as played, including random moves in place of the agent, over the deals in which every episode was played to the end | seats.return';
COMMENT ON COLUMN per_game.strict_return IS 'the game''s own units | mean return over the deals that count if the first fallback counted as a forfeit, which costs the worst return the rules allow; NULL outside margin games | seats.strict_return';
COMMENT ON COLUMN per_game.low IS 'as score in win_loss games, strict_return in margin games, else mean_return | lower end of its 95 % interval over deals, where a deal that several opponents share is one observation; NULL: see reason | game_intervals.low';
COMMENT ON COLUMN per_game.high IS 'as low | upper end of the same interval | game_intervals.high';
COMMENT ON COLUMN per_game.reason IS 'words | the reason there is no interval; NULL if there is one | game_intervals.reason';
COMMENT ON COLUMN per_game.normalized_return IS 'share of the way | in margin games, strict_return on the scale of each seat, from random play against random play (0) to the best expected return against random play (1). The scale depends on the game, not on the opponents met: compare only agents that met the same ones. NULL: see normalized_reason | return_scales.reference_return';
COMMENT ON COLUMN per_game.normalized_low IS 'as normalized_return | lower end of its 95 % interval over deals; NULL: see normalized_reason | normalized_intervals.low';
COMMENT ON COLUMN per_game.normalized_high IS 'as normalized_return | upper end of the same interval | normalized_intervals.high';
COMMENT ON COLUMN per_game.normalized_reason IS 'words | the reason there is no normalized return or no interval of it; NULL if there are both, and outside margin games | normalized_intervals.reason';
COMMENT ON COLUMN per_game.return_deals IS 'deals | deals behind mean_return; fewer than deals where episodes were forfeited or cut off | seats.return';
COMMENT ON COLUMN per_game.joint_return IS 'the game''s own units | in payoff games, mean of the sum of all seats'' returns; NULL in other games | seats.return';
COMMENT ON COLUMN per_game.joint_share IS '0 to 1, below 0 if the joint return is | joint_return as a share of the largest sum that the seats could get together; NULL outside payoff games and if that sum is unknown or not above 0 | return_scales.best_joint_return';
COMMENT ON COLUMN per_game.best_return IS 'the game''s own units | in payoff and solo games, the expected return of an agent that knows how each opponent plays and responds best, averaged over the opponents as in mean_return; NULL in other games, and see gap_reason | best_responses.best_return';
COMMENT ON COLUMN per_game.gap IS 'the game''s own units | best_return minus mean_return: what the agent failed to get from these opponents; below 0 only by luck. Its 95 % interval runs from best_return - high to best_return - low. NULL if best_return is NULL | best_responses.best_return';
COMMENT ON COLUMN per_game.gap_reason IS 'words | the reason there is no gap or no interval of it: the policy of an opponent is unknown (a model or a search), the game is too large or can be cut off, or as in reason; NULL if there are both, and outside payoff and solo games | best_responses.reason';
COMMENT ON COLUMN per_game.cooperation_rate IS '0 to 1 | share of the agent''s own decisions that cooperated; NULL in games that are no dilemma | games.cooperate';
COMMENT ON COLUMN per_game.unrated_reason IS 'words | why the game does not enter the ratings: not a win_loss game; best play gains nothing, because in some seat no player does better against random moves than random moves do; NULL if it enters them | return_scales.reason';
COMMENT ON COLUMN per_game.forfeited IS 'episodes | episodes that this agent ended by forfeiting, whether or not the deal counts | decisions.status';
COMMENT ON COLUMN per_game.truncated IS 'episodes | episodes of this agent that were cut off at the ply limit, whether or not the deal counts | episodes.status';
COMMENT ON COLUMN per_game.fallbacks IS 'moves | random moves made in place of this agent, whether or not the deal counts | seats.fallbacks';
COMMENT ON COLUMN per_game.own_defaults IS '0 to 1 | share of its episodes without errors in which this agent made the first fallback or forfeit, which decides the strict result against it | decisions.status';
COMMENT ON COLUMN per_game.opponent_defaults IS '0 to 1 | share of its episodes without errors in which an opponent made the first fallback or forfeit: a strict win without further play | decisions.status';
COMMENT ON COLUMN per_game.error_rate IS '0 to 1 | share of its episodes that ended in a transport error | episodes.status';
COMMENT ON COLUMN per_game.worst_low IS 'as low | lower end of the 95 % interval if each missing result of the dropped deals had been the agent''s lowest that the rules allow, whatever the cause: forfeit, cut-off, error or a seating that was not played. NULL if no deal was dropped; a value is a warning | game_intervals.worst_low';
COMMENT ON COLUMN per_game.worst_high IS 'as low | upper end of the interval if each missing result had been the highest that the rules allow; NULL like worst_low | game_intervals.worst_high';
COMMENT ON COLUMN per_game.dropped_deals IS 'deals | deals that do not count, once per matchup: a seating is missing or ended in a transport error; in margin games, an episode was cut off without a fallback; in payoff and solo games, an episode was not played to the end | episodes.status';
COMMENT ON COLUMN per_game.provisional IS 'words | why the row says little about the model: fewer than half of its moves are its own, or fewer than half of its episodes could be finished; NULL for all other rows | own_moves.reason';

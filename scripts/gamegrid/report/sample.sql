-- Up to $limit episodes to show, or the single episode $only. They alternate between games and, in
-- each game, between matchups and outcomes. Interesting episodes come first: those with mistakes,
-- with moves that were not the agent's own, or won by the agent that loses on average. Episodes with
-- a model come before those of bots alone.

WITH ended AS (
    SELECT episode_id, game, matchup, status, scoring
    FROM episodes JOIN games USING (game)
    WHERE CASE WHEN $only IS NULL THEN status <> 'error' ELSE episode_id = $only END
),

seated AS (
    SELECT
        episode_id, seat, agent, coalesce(score, "return") AS result,
        max(coalesce(score, "return")) OVER (PARTITION BY episode_id) AS best,
        min(coalesce(score, "return")) OVER (PARTITION BY episode_id) AS worst,
        count(*) OVER (PARTITION BY episode_id) AS seats
    FROM seats
),

outcomes AS (
    SELECT
        episode_id,
        CASE
            WHEN any_value(status) <> 'complete' THEN any_value(status)
            WHEN any_value(seats) = 1 AND any_value(result) > 0 THEN 'gain'
            WHEN any_value(seats) = 1 AND any_value(result) < 0 THEN 'loss'
            WHEN any_value(best = worst) THEN 'draw'
            ELSE string_agg(agent, ', ' ORDER BY seat) FILTER (WHERE result = best)
                || CASE any_value(scoring) WHEN 'win_loss' THEN ' won' ELSE ' ahead' END
        END AS outcome
    FROM ended JOIN seated USING (episode_id)
    GROUP BY episode_id
),

upsets AS (
    SELECT DISTINCT won.episode_id
    FROM ended
    JOIN seated AS won USING (episode_id)
    JOIN seated AS lost USING (episode_id)
    JOIN head_to_head AS met
        ON met.game = ended.game AND met.agent = won.agent AND met.opponent = lost.agent
    WHERE won.seats = 2 AND won.result > lost.result
        AND by_scoring(scoring, met.score < 0.5, met.strict_return < 0, false)
),

mistakes AS (
    SELECT
        episode_id,
        coalesce(max(regret) FILTER (WHERE attempts > 0), max(regret)) AS regret,
        count(*) FILTER (WHERE status IN ('fallback', 'forfeit')) AS not_own,
        max(attempts) > 0 AS asked
    FROM decisions
    GROUP BY episode_id
),

rated AS (
    SELECT
        episode_id, game, matchup, outcome, regret,
        coalesce(not_own, 0) AS not_own,
        coalesce(asked, false) AS asked,
        episode_id IN (FROM upsets) AS upset,
        coalesce(regret / nullif(max(regret) OVER (PARTITION BY game), 0), 0)
            + (coalesce(not_own, 0) > 0)::INTEGER + (episode_id IN (FROM upsets))::INTEGER
            AS interest
    FROM ended JOIN outcomes USING (episode_id) LEFT JOIN mistakes USING (episode_id)
),

in_kind AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY game, matchup, outcome ORDER BY interest DESC, episode_id
        ) AS turn
    FROM rated
)

SELECT episode_id, outcome, regret, not_own, upset, count(*) OVER () AS episodes
FROM in_kind
ORDER BY
    row_number() OVER (
        PARTITION BY game ORDER BY turn, asked DESC, interest DESC, episode_id
    ),
    asked DESC, interest DESC, episode_id
LIMIT $limit

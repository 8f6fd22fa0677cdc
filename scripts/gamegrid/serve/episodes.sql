-- One page of the episodes that fit the filters, and how many fit. A filter that is NULL selects
-- everything. $text is looked for in the replies and the reasoning of models.

WITH fitting AS (
    SELECT episode.*
    FROM episodes AS episode
    WHERE coalesce(game = $game, true)
        AND coalesce(status = $status, true)
        AND coalesce(contains(lower(episode_id), lower($id)), true)
        AND ($agent IS NULL OR EXISTS (
            FROM seats WHERE seats.episode_id = episode.episode_id AND agent = $agent
        ))
        AND ($text IS NULL OR EXISTS (
            FROM calls
            WHERE calls.episode_id = episode.episode_id
                AND (
                    contains(lower(reply), lower($text))
                    OR contains(lower(coalesce(reasoning, '')), lower($text))
                )
        ))
        AND CASE $mistakes
            WHEN 'regret' THEN EXISTS (
                FROM decisions WHERE decisions.episode_id = episode.episode_id AND regret > 0
            )
            WHEN 'not_own' THEN EXISTS (
                FROM decisions
                WHERE decisions.episode_id = episode.episode_id
                    AND decisions.status IN ('fallback', 'forfeit')
            )
            WHEN 'failed' THEN EXISTS (
                FROM calls WHERE calls.episode_id = episode.episode_id AND failure IS NOT NULL
            )
            ELSE true
        END
),

page AS (
    SELECT *, count(*) OVER () AS fitting
    FROM fitting
    ORDER BY game, matchup, deal, seating, episode_id
    LIMIT $size OFFSET $first
),

seated AS (
    SELECT
        episode_id,
        list({
            'agent': agent,
            'result': coalesce(score, "return")
        } ORDER BY seat) AS seats
    FROM seats JOIN page USING (episode_id)
    GROUP BY episode_id
),

decided AS (
    SELECT
        episode_id,
        max(regret) AS regret,
        count(*) FILTER (WHERE decisions.status IN ('fallback', 'forfeit')) AS not_own,
        sum(attempts) AS replies,
        sum(cost_usd) AS cost_usd
    FROM decisions JOIN page USING (episode_id)
    GROUP BY episode_id
)

SELECT
    page.episode_id, page.game, page.deal, page.status, page.plies, seats, regret,
    coalesce(not_own, 0) AS not_own, coalesce(replies, 0) AS replies, cost_usd, fitting
FROM page LEFT JOIN seated USING (episode_id) LEFT JOIN decided USING (episode_id)
ORDER BY page.game, page.matchup, page.deal, page.seating, page.episode_id

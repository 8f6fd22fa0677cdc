-- Each seat of each episode with its outcome: win, draw or loss, NULL without a result. With one
-- seat, a gain is a win. With more, the highest result wins; equal ones are a draw.
SELECT
    * EXCLUDE (result, best, alike, seats),
    CASE
        WHEN result IS NULL THEN NULL
        WHEN seats = 1 THEN CASE sign(result) WHEN 1 THEN 'win' WHEN 0 THEN 'draw' ELSE 'loss' END
        WHEN result < best THEN 'loss'
        WHEN alike > 1 THEN 'draw'
        ELSE 'win'
    END AS outcome
FROM (
    SELECT
        episode_id, seat, agent, "return", score, strict_score,
        coalesce(score, "return") AS result,
        count(*) OVER (PARTITION BY episode_id) AS seats,
        max(coalesce(score, "return")) OVER (PARTITION BY episode_id) AS best,
        count(*) OVER (PARTITION BY episode_id, coalesce(score, "return")) AS alike
    FROM seats
)

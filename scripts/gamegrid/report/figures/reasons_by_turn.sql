-- The five categories that carry most texts have a colour of their own.
WITH often AS (
    SELECT category
    FROM reasoning
    WHERE category <> 'uncategorised'
    GROUP BY category
    ORDER BY sum(main) DESC, category
    LIMIT 5
),

named AS (
    SELECT
        * REPLACE (
            CASE
                WHEN category = 'uncategorised' OR category IN (FROM often) THEN category
                ELSE 'other'
            END AS category
        ),
        category = 'uncategorised' AS unknown
    FROM reasoning
)

SELECT game, agent, third, category, sum(share) AS share, any_value(texts) AS texts
FROM named UNPIVOT (
    share FOR third IN (first_third AS 'first', middle_third AS 'middle', last_third AS 'last')
)
GROUP BY game, agent, third, category, unknown
ORDER BY
    game, agent, list_position(['first', 'middle', 'last'], third), unknown, category = 'other',
    category

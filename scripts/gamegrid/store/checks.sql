-- What must hold before anything is counted. Each row is a sentence about a violation.

SELECT format('agent {} is listed {} times', agent, count(*)) AS problem
FROM agents GROUP BY agent HAVING count(*) > 1
UNION ALL
SELECT format('game {} is listed {} times', game, count(*))
FROM games GROUP BY game HAVING count(*) > 1
UNION ALL
SELECT format('run {} is there {} times, each with other content', run_id, count(*))
FROM runs GROUP BY run_id HAVING count(*) > 1
UNION ALL
SELECT format('episode id {} is there {} times', episode_id, count(*))
FROM tasks GROUP BY episode_id HAVING count(*) > 1
UNION ALL
SELECT format(
    'deal {} of {} in {} was played {} times in seating {}',
    deal, matchup, game, count(*), seating
)
FROM episodes GROUP BY game, matchup, deal, seating
HAVING count(*) > 1 AND count(DISTINCT episode_id) = count(*)
UNION ALL
SELECT DISTINCT format('game {} was played but is not listed', game)
FROM tasks ANTI JOIN games USING (game)
UNION ALL
SELECT DISTINCT format('agent {} played but is not listed', agent)
FROM (SELECT agent FROM seats UNION SELECT agent FROM single_moves) ANTI JOIN agents USING (agent)
UNION ALL
SELECT format('episode {} names run {}, which no chunk describes', episode_id, run_id)
FROM tasks ANTI JOIN runs USING (run_id)
UNION ALL
SELECT format('episode {} seats {}, its game {}', episode_id, count(seat), any_value(players))
FROM episodes JOIN games USING (game) LEFT JOIN seats USING (episode_id)
GROUP BY episode_id
HAVING count(DISTINCT seat) <> any_value(players)
UNION ALL
SELECT DISTINCT format('{} is a {} game but has scores', game, scoring)
FROM episodes JOIN games USING (game) JOIN seats USING (episode_id)
WHERE scoring <> 'win_loss' AND (score IS NOT NULL OR strict_score IS NOT NULL)
UNION ALL
SELECT DISTINCT format('{} is a {} game but has strict returns', game, scoring)
FROM episodes JOIN games USING (game) JOIN seats USING (episode_id)
WHERE scoring <> 'margin' AND strict_return IS NOT NULL
UNION ALL
SELECT format('episode {} is {} and has returns', episode_id, status)
FROM episodes JOIN seats USING (episode_id)
WHERE status <> 'complete' AND "return" IS NOT NULL
ORDER BY problem;

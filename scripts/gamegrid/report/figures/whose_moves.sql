SELECT game, agent, origin, count / decisions AS share, count, decisions
FROM (
    SELECT game, agent, decisions, ok, rethought, fallback, forfeit
    FROM failures
    WHERE replies > 0 AND decisions > 0
) UNPIVOT (
    count FOR origin IN (ok, rethought, fallback, forfeit)
)
ORDER BY game, agent, list_position(['ok', 'rethought', 'fallback', 'forfeit'], origin)

SELECT game, agent, kind, count / replies AS share, count, replies
FROM (
    SELECT game, agent, replies, illegal, unparsable, truncated, empty, refused
    FROM failures
    WHERE replies > 0
) UNPIVOT INCLUDE NULLS (
    count FOR kind IN (illegal, unparsable, truncated, empty, refused)
)
ORDER BY
    game, agent,
    list_position(['illegal', 'unparsable', 'truncated', 'empty', 'refused'], kind)

SELECT
    game, agent, category, share, low, high, reason, mentioned, change, change_low, change_high,
    change_reason, main, texts
FROM reasoning

SELECT
    game, scoring, rank, ranked_among, agent,
    CASE scoring
        WHEN 'win_loss' THEN score
        WHEN 'margin' THEN strict_return
        ELSE mean_return
    END AS measure,
    low, high, reason, strict_score, beats, mean_return, joint_return, deals, distinct_episodes,
    forfeited, truncated, fallbacks, dropped_deals
FROM per_game
WHERE deals > 0

SELECT
    game, agent, optimal_rate, low, high, reason, mean_regret, regret_low, regret_high,
    regret_reason, answered, positions
FROM position_quality

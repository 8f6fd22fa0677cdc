SELECT game, agent, optimal_rate, mean_regret, answered, positions
FROM position_quality
ORDER BY game, agent

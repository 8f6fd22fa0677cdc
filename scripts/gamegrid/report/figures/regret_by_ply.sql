SELECT game, agent, ply, mean_regret, low, high, reason, judged, deals
FROM regret_by_ply

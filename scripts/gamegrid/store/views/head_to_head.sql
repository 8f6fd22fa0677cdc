-- table: 40
CREATE VIEW head_to_head AS
WITH uncertain AS (
    SELECT game, matchup, string_agg(agent, ', ' ORDER BY agent) AS provisional_agents
    FROM line_ups JOIN provisional_in_game USING (game, agent)
    GROUP BY game, matchup
)

SELECT
    agent, opponent, game, deals, distinct_episodes, score, mean_return, strict_return,
    low, high, cell_intervals.reason, dropped_deals, worst_low, worst_high,
    best_return,
    best_return - mean_return AS gap,
    CASE WHEN scoring IN ('payoff', 'solo')
        THEN coalesce(in_words(responses.reason), cell_intervals.reason)
    END AS gap_reason,
    return_deals,
    provisional_agents
FROM matchup_values
JOIN opponents USING (game, matchup, agent)
JOIN games USING (game)
LEFT JOIN cell_intervals USING (game, matchup, agent)
LEFT JOIN responses USING (game, matchup, agent)
LEFT JOIN uncertain USING (game, matchup)
ORDER BY game, agent, opponent;

COMMENT ON VIEW head_to_head IS
'Each agent against each set of opponents, per game: the mean over deals. Self-play is excluded.';
COMMENT ON COLUMN head_to_head.agent IS 'name | the agent | seats.agent';
COMMENT ON COLUMN head_to_head.opponent IS 'names | the other agents of the matchup, joined by plus signs | seats.agent';
COMMENT ON COLUMN head_to_head.game IS 'name | the game | games.game';
COMMENT ON COLUMN head_to_head.deals IS 'deals | deals that count | episodes, seats';
COMMENT ON COLUMN head_to_head.distinct_episodes IS 'episodes | distinct (seating, trajectory) among the deals that count | episodes.trajectory';
COMMENT ON COLUMN head_to_head.score IS '0 to 1 | mean score, where a draw is one half; NULL outside win_loss games | seats.score';
COMMENT ON COLUMN head_to_head.mean_return IS 'the game''s own units | mean return as played, including random moves in place of the agent, over the deals in which every episode was played to the end | seats.return';
COMMENT ON COLUMN head_to_head.strict_return IS 'the game''s own units | mean return over the deals that count if the first fallback counted as a forfeit; NULL outside margin games | seats.strict_return';
COMMENT ON COLUMN head_to_head.low IS 'as score in win_loss games, strict_return in margin games, else mean_return | lower end of its 95 % interval over deals; NULL: see reason | cell_intervals.low';
COMMENT ON COLUMN head_to_head.high IS 'as low | upper end of the same interval | cell_intervals.high';
COMMENT ON COLUMN head_to_head.reason IS 'words | the reason there is no interval; NULL if there is one | cell_intervals.reason';
COMMENT ON COLUMN head_to_head.dropped_deals IS 'deals | deals that do not count | episodes.status';
COMMENT ON COLUMN head_to_head.worst_low IS 'as low | lower end of the 95 % interval if each missing result of the dropped deals had been the agent''s lowest that the rules allow; NULL if no deal was dropped | cell_intervals.worst_low';
COMMENT ON COLUMN head_to_head.worst_high IS 'as low | upper end of the interval if each missing result had been the highest that the rules allow; NULL like worst_low | cell_intervals.worst_high';
COMMENT ON COLUMN head_to_head.best_return IS 'the game''s own units | in payoff games, the mean return of the best response to this opponent; NULL in other games, and see gap_reason | best_responses.best_return';
COMMENT ON COLUMN head_to_head.gap IS 'the game''s own units | best_return minus mean_return; its 95 % interval runs from best_return - high to best_return - low | best_responses.best_return';
COMMENT ON COLUMN head_to_head.gap_reason IS 'words | as in per_game | best_responses.reason';
COMMENT ON COLUMN head_to_head.return_deals IS 'deals | deals behind mean_return | seats.return';
COMMENT ON COLUMN head_to_head.provisional_agents IS 'names | the models of the matchup whose results in this game are provisional, joined by commas: random moves made in their place may decide the row; NULL if there are none | own_moves.reason';

-- table: 90
CREATE VIEW paired_positions AS
SELECT
    game, agent, rival, deals AS positions, difference, verdict, low, high, reason, p,
    adjusted_low, adjusted_high, p_adjusted, m
FROM position_comparisons
ORDER BY game NULLS FIRST, agent, rival;

COMMENT ON VIEW paired_positions IS
'Which of two agents finds more of the best moves in the positions that both were asked in. Each pair appears once.';
COMMENT ON COLUMN paired_positions.game IS 'name | the game; NULL for all games with positions, if there are several: agents with the same games are compared, and families weigh equally | position_comparisons.game';
COMMENT ON COLUMN paired_positions.agent IS 'name | the agent | position_comparisons.agent';
COMMENT ON COLUMN paired_positions.rival IS 'name | the other agent | position_comparisons.rival';
COMMENT ON COLUMN paired_positions.positions IS 'positions | positions that both were asked in | positions';
COMMENT ON COLUMN paired_positions.difference IS '-1 to 1 | the agent''s share of best moves minus the rival''s; NULL without positions | position_comparisons.difference';
COMMENT ON COLUMN paired_positions.verdict IS 'better, worse or not told apart | what p_adjusted says of the agent at 5 %; NULL: see reason | position_comparisons.verdict';
COMMENT ON COLUMN paired_positions.low IS '-1 to 1 | lower end of the 95 % interval of this difference alone, which holds 0 exactly if p is 0.05 or more; NULL: see reason | position_comparisons.low';
COMMENT ON COLUMN paired_positions.high IS '-1 to 1 | upper end of the same interval | position_comparisons.high';
COMMENT ON COLUMN paired_positions.reason IS 'words | the reason there is no interval and no p, where "deals" stands for positions; NULL if there are both | position_comparisons.reason';
COMMENT ON COLUMN paired_positions.p IS '0 to 1 | two-sided p of the mean difference being 0, for this pair alone; NULL: see reason | position_comparisons.p';
COMMENT ON COLUMN paired_positions.adjusted_low IS '-1 to 1 | lower end of the interval behind the verdict, as in paired | position_comparisons.adjusted_low';
COMMENT ON COLUMN paired_positions.adjusted_high IS '-1 to 1 | upper end of the same interval | position_comparisons.adjusted_high';
COMMENT ON COLUMN paired_positions.p_adjusted IS '0 to 1 | p adjusted for the m pairs (Holm); NULL if p is | position_comparisons.p_adjusted';
COMMENT ON COLUMN paired_positions.m IS 'pairs | number of pairs with a p in this game, or over all games | position_comparisons.m';

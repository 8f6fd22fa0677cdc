-- table: 90
CREATE VIEW paired_positions AS
SELECT
    game, agent, rival, deals AS positions, difference, low, high, reason, p, smallest_p,
    p_adjusted, m, method
FROM position_comparisons
ORDER BY game NULLS FIRST, agent, rival;

COMMENT ON VIEW paired_positions IS
'Which of two agents finds more of the best moves in the positions that both were asked in. Each pair appears once.';
COMMENT ON COLUMN paired_positions.game IS 'name | the game; NULL for all games with positions, where agents with the same games are compared and families weigh equally | position_comparisons.game';
COMMENT ON COLUMN paired_positions.agent IS 'name | the agent | position_comparisons.agent';
COMMENT ON COLUMN paired_positions.rival IS 'name | the other agent | position_comparisons.rival';
COMMENT ON COLUMN paired_positions.positions IS 'positions | positions that both were asked in | positions';
COMMENT ON COLUMN paired_positions.difference IS '-1 to 1 | the agent''s share of best moves minus the rival''s; NULL without positions | position_comparisons.difference';
COMMENT ON COLUMN paired_positions.low IS '-1 to 1 | lower end of its 95 % interval; NULL: see reason | position_comparisons.low';
COMMENT ON COLUMN paired_positions.high IS '-1 to 1 | upper end of the same interval | position_comparisons.high';
COMMENT ON COLUMN paired_positions.reason IS 'words | the reason there is no interval, where "deals" stands for positions; NULL if there is one | position_comparisons.reason';
COMMENT ON COLUMN paired_positions.p IS '0 to 1 | two-sided p of the sign-flip test that the two agents are exchangeable in every position; as each is right or wrong, this is McNemar''s test | position_comparisons.p';
COMMENT ON COLUMN paired_positions.smallest_p IS '0 to 1 | the smallest p that this number of positions with different answers could have given | position_comparisons.smallest_p';
COMMENT ON COLUMN paired_positions.p_adjusted IS '0 to 1 | p adjusted by method for the m questions asked at once | position_comparisons.p_adjusted';
COMMENT ON COLUMN paired_positions.m IS 'pairs | number of pairs tested in this game, or over all games | position_comparisons.m';
COMMENT ON COLUMN paired_positions.method IS 'words | what p_adjusted controls: benjamini-hochberg, the share of false claims within the game; holm, the chance of any false claim | position_comparisons.method';

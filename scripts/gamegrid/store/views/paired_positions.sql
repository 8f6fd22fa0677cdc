-- table: 90
CREATE VIEW paired_positions AS
SELECT
    game, agent, rival, deals AS positions, difference, low, high, reason, p, smallest_p,
    p_adjusted, m, method
FROM position_comparisons
ORDER BY game NULLS FIRST, agent, rival;

COMMENT ON VIEW paired_positions IS
'Who of two finds more of the best moves, in the positions that both were asked in. Every pair once.';
COMMENT ON COLUMN paired_positions.game IS 'name | the game; NULL: over all games with positions, those with the same ones compared, families weighing alike | position_comparisons.game';
COMMENT ON COLUMN paired_positions.agent IS 'name | the agent | position_comparisons.agent';
COMMENT ON COLUMN paired_positions.rival IS 'name | the other agent | position_comparisons.rival';
COMMENT ON COLUMN paired_positions.positions IS 'positions | positions that both were asked in | positions';
COMMENT ON COLUMN paired_positions.difference IS '-1 to 1 | the agent''s share of best moves less the rival''s; NULL without positions | position_comparisons.difference';
COMMENT ON COLUMN paired_positions.low IS '-1 to 1 | lower end of its 95 % interval; NULL: see reason | position_comparisons.low';
COMMENT ON COLUMN paired_positions.high IS '-1 to 1 | upper end of the same interval | position_comparisons.high';
COMMENT ON COLUMN paired_positions.reason IS 'words | why there is no interval, deals standing for positions; NULL where there is one | position_comparisons.reason';
COMMENT ON COLUMN paired_positions.p IS '0 to 1 | two-sided p of the sign-flip test that the two are exchangeable in every position: McNemar''s, as each is right or not | position_comparisons.p';
COMMENT ON COLUMN paired_positions.smallest_p IS '0 to 1 | the smallest p that so many positions in which they differ could have given | position_comparisons.smallest_p';
COMMENT ON COLUMN paired_positions.p_adjusted IS '0 to 1 | p held against the m questions asked at once, by method | position_comparisons.p_adjusted';
COMMENT ON COLUMN paired_positions.m IS 'pairs | how many pairs were tested in this game, or over all games | position_comparisons.m';
COMMENT ON COLUMN paired_positions.method IS 'words | what p_adjusted controls: benjamini-hochberg, the share of false claims within the game; holm, any false claim at all | position_comparisons.method';

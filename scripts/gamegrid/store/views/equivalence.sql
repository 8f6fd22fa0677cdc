-- table: 51
CREATE VIEW equivalence AS
SELECT
    tested.game, tested.agent, tested.rival, role, deals, margin, difference, confidence, low,
    high, reason, p, p_adjusted, m,
    CASE WHEN equivalent THEN 'equivalent' ELSE 'not shown' END AS verdict,
    CASE WHEN anytime_equivalent THEN 'equivalent' WHEN NOT anytime_equivalent THEN 'not shown' END
        AS anytime_verdict
FROM equivalence_tests AS tested JOIN question_roles ON
    question_roles.game IS NOT DISTINCT FROM tested.game
    AND question_roles.agent = tested.agent AND question_roles.rival = tested.rival
ORDER BY tested.game NULLS FIRST, tested.agent, tested.rival;

COMMENT ON VIEW equivalence IS
'Whether two agents are shown to differ by less than the margin that the plan (preregister) states: two one-sided tests. Empty without margins.';
COMMENT ON COLUMN equivalence.game IS 'name | the game; NULL for all win_loss games together | games.game';
COMMENT ON COLUMN equivalence.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN equivalence.rival IS 'name | the agent that it is compared with | agents.agent';
COMMENT ON COLUMN equivalence.role IS 'primary or exploratory | as in preregistration | planned_questions';
COMMENT ON COLUMN equivalence.deals IS 'deals | deals that count for both with every opponent | episodes, seats';
COMMENT ON COLUMN equivalence.margin IS 'as difference | the largest difference, exclusive, that does not matter, by the first plan that names the question | planned_questions.margin';
COMMENT ON COLUMN equivalence.difference IS 'as in paired | mean over these deals of the agent''s value minus the rival''s; NULL without deals | equivalence_tests.difference';
COMMENT ON COLUMN equivalence.confidence IS '0 to 1 | the confidence of the interval: 1 - 2 × 0.05 / m | equivalence_tests.confidence';
COMMENT ON COLUMN equivalence.low IS 'as difference | lower end of the interval of this confidence; NULL: see reason | equivalence_tests.low';
COMMENT ON COLUMN equivalence.high IS 'as difference | upper end of the same interval | equivalence_tests.high';
COMMENT ON COLUMN equivalence.reason IS 'words | the reason there is no interval; NULL if there is one | equivalence_tests.reason';
COMMENT ON COLUMN equivalence.p IS '0 to 1 | the larger p of the two one-sided tests that the difference is margin or more, and -margin or less; NULL without an interval | equivalence_tests.p';
COMMENT ON COLUMN equivalence.p_adjusted IS '0 to 1 | p times m, at most 1 (Bonferroni) | equivalence_tests.p_adjusted';
COMMENT ON COLUMN equivalence.m IS 'questions | number of questions with this role and a margin | equivalence_tests.m';
COMMENT ON COLUMN equivalence.verdict IS 'words | equivalent: the interval lies within the margin, which is so exactly if p_adjusted is below 0.05; or there is no luck and the difference itself does. not shown: otherwise, which is no evidence of a difference | equivalence_tests.equivalent';
COMMENT ON COLUMN equivalence.anytime_verdict IS 'words | the same by the 95 % anytime interval of paired, which holds no matter how often you look; not adjusted for m; NULL without this interval | equivalence_tests.anytime_equivalent';

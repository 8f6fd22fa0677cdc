-- table: 52
CREATE VIEW preregistration AS
SELECT
    question.game, question.agent, question.rival, question.deals AS planned_deals,
    coalesce(comparisons.deals, 0) AS deals, margin,
    CASE WHEN is_primary THEN 'primary' ELSE 'exploratory' END AS role,
    registered_at, sha256,
    (
        SELECT count(*) FROM plan_deviations AS departed
        WHERE departed.agent = question.agent AND departed.rival = question.rival
            AND departed.game IS NOT DISTINCT FROM question.game
    ) AS deviations
FROM planned_questions AS question LEFT JOIN comparisons ON
    comparisons.game IS NOT DISTINCT FROM question.game
    AND comparisons.agent = question.agent AND comparisons.rival = question.rival
ORDER BY question.game NULLS FIRST, question.agent, question.rival;

COMMENT ON VIEW preregistration IS
'The questions that preregister named in the configuration, each as the first plan on file that names it states it. Empty without a plan.';
COMMENT ON COLUMN preregistration.game IS 'name | the game; NULL for all win_loss games together | planned_questions.game';
COMMENT ON COLUMN preregistration.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN preregistration.rival IS 'name | the agent that it is compared with | agents.agent';
COMMENT ON COLUMN preregistration.planned_deals IS 'deals | the planned number of deals; NULL over games | planned_questions.deals';
COMMENT ON COLUMN preregistration.deals IS 'deals | deals that count for both with every opponent, as in paired | comparisons.deals';
COMMENT ON COLUMN preregistration.margin IS 'as difference in paired | a difference that does not matter; NULL if none is planned | planned_questions.margin';
COMMENT ON COLUMN preregistration.role IS 'primary or exploratory | primary: the plan was on file before any deal of the two agents'' matchups in the game was played; exploratory: it was written later | planned_questions';
COMMENT ON COLUMN preregistration.registered_at IS 'time, UTC | when the plan was first seen, by the clock of the machine that played | planned_questions.registered_at';
COMMENT ON COLUMN preregistration.sha256 IS 'SHA-256 | the digest of that plan; the manifest holds the plan | planned_questions.sha256';
COMMENT ON COLUMN preregistration.deviations IS 'rows | number of rows of the table deviations about this question; those about games and matchups name no question | plan_deviations';

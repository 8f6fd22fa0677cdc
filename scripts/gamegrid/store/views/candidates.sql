CREATE VIEW candidates AS
WITH alone AS (
    SELECT agent, otherwise
    FROM wordings JOIN agents USING (agent)
    WHERE sweep IS NULL
),

written_out AS (
    SELECT otherwise, string_agg(agent, ', ' ORDER BY agent) AS sweep
    FROM alone
    GROUP BY otherwise
    HAVING count(*) > 1
)

SELECT sweep, agent
FROM agents
WHERE sweep IS NOT NULL
UNION ALL
SELECT sweep, agent
FROM alone JOIN written_out USING (otherwise);

COMMENT ON VIEW candidates IS 'The agents among which a user may choose by their results: the variants of one sweep, and models written out one by one that differ in their template alone.';
COMMENT ON COLUMN candidates.sweep IS 'name | the entry of the configuration with the sweep; for models written out one by one, their names | agents.sweep';
COMMENT ON COLUMN candidates.agent IS 'name | the agent | agents.agent';

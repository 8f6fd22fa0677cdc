-- Who played, and under which names the providers answered.
WITH served AS (
    SELECT
        seats.agent,
        string_agg(DISTINCT concat_ws(' ', model_served, fingerprint), ', ') AS answered_as
    FROM calls JOIN seats USING (episode_id, seat)
    WHERE model_served IS NOT NULL
    GROUP BY seats.agent
)

SELECT
    agent, type, model, answered_as, input_price, output_price, price_source, params
FROM agents LEFT JOIN served USING (agent)
ORDER BY agent

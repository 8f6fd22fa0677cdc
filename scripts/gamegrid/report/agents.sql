-- Each agent, with the model names that providers reported.
WITH said AS (
    SELECT agent, model_served, fingerprint FROM calls JOIN seats USING (episode_id, seat)
    UNION ALL
    SELECT agent, model_served, fingerprint FROM calls JOIN single_moves USING (episode_id)
),

served AS (
    SELECT
        agent,
        string_agg(DISTINCT concat_ws(' ', model_served, fingerprint), ', ') AS answered_as
    FROM said
    WHERE model_served IS NOT NULL
    GROUP BY agent
)

SELECT
    agent, type, model, answered_as, input_price, output_price, price_source, params
FROM agents LEFT JOIN served USING (agent)
ORDER BY agent

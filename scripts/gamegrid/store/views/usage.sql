-- table: 140
CREATE VIEW usage AS
WITH ended AS (SELECT episode_id, game, task FROM tasks WHERE status <> 'error'),

every_call AS (
    SELECT
        task, game, agent, calls.*,
        prompt_tokens IS NOT NULL AND cached_tokens IS NOT NULL AS both_stated
    FROM calls
    JOIN (SELECT episode_id, ply, seat, agent FROM decisions) USING (episode_id, ply, seat)
    JOIN ended USING (episode_id)
),

every_decision AS (
    SELECT task, game, agent, attempts, cost_usd
    FROM decisions JOIN ended USING (episode_id)
),

called AS (
    SELECT
        agent, game, task,
        count(*) AS calls,
        count(*) FILTER (WHERE replayed) AS replayed,
        sum(prompt_tokens)::BIGINT AS prompt_tokens,
        sum(completion_tokens)::BIGINT AS completion_tokens,
        sum(reasoning_tokens)::BIGINT AS reasoning_tokens,
        sum(cached_tokens)::BIGINT AS cached_tokens,
        sum(least(cached_tokens, prompt_tokens)) FILTER (WHERE both_stated)
            / nullif(sum(prompt_tokens) FILTER (WHERE both_stated), 0) AS cached_share,
        count(*) FILTER (WHERE prompt_tokens IS NULL OR completion_tokens IS NULL)
            AS unknown_usage,
        avg(latency_s) AS latency_mean_s,
        quantile_cont(latency_s, 0.5) AS latency_p50_s,
        quantile_cont(latency_s, 0.95) AS latency_p95_s,
        sum(transport_attempts)::BIGINT AS transport_attempts,
        sum(maybe_billed)::BIGINT AS maybe_billed,
        count(DISTINCT concat_ws(' ', model_served, fingerprint))
            FILTER (WHERE model_served IS NOT NULL) AS models_served
    FROM every_call
    GROUP BY agent, game, task
),

paid AS (
    SELECT
        agent, game, task,
        CASE WHEN count(cost_usd) = count(*) THEN sum(cost_usd) END AS cost_usd
    FROM every_decision
    WHERE attempts > 0
    GROUP BY agent, game, task
)

SELECT
    agent, game, task, calls, replayed, prompt_tokens, completion_tokens, reasoning_tokens,
    cached_tokens, cached_share, unknown_usage, cost_usd, latency_mean_s, latency_p50_s, latency_p95_s,
    transport_attempts, maybe_billed, models_served
FROM called LEFT JOIN paid USING (agent, game, task)
ORDER BY game, agent, task;

COMMENT ON VIEW usage IS
'What the models were asked for, and what it took. Self-play and single moves count; episodes that a transport error kept from ending do not. The sum of cost_usd is what the results cost. Agents that ask no model have no row.';
COMMENT ON COLUMN usage.agent IS 'name | the agent | seats.agent';
COMMENT ON COLUMN usage.game IS 'name | the game | games.game';
COMMENT ON COLUMN usage.task IS 'episode, position or probe | what the agent was asked for: whole games, or single moves | tasks.task';
COMMENT ON COLUMN usage.calls IS 'calls | requests answered, including rethinks | calls';
COMMENT ON COLUMN usage.replayed IS 'calls | calls answered from the journal, without a request | calls.replayed';
COMMENT ON COLUMN usage.prompt_tokens IS 'tokens | sum over the calls that state it; NULL if none does | calls.prompt_tokens';
COMMENT ON COLUMN usage.completion_tokens IS 'tokens | sum over the calls that state it; NULL if none does | calls.completion_tokens';
COMMENT ON COLUMN usage.reasoning_tokens IS 'tokens | sum over the calls that state it; NULL if none does | calls.reasoning_tokens';
COMMENT ON COLUMN usage.cached_tokens IS 'tokens | sum over the calls that state it; NULL if none does | calls.cached_tokens';
COMMENT ON COLUMN usage.cached_share IS '0 to 1 | share of the prompt tokens that the provider or the engine had read before and took from its cache, over the calls that state both; NULL if none does | calls.cached_tokens';
COMMENT ON COLUMN usage.unknown_usage IS 'calls | calls without stated prompt or completion tokens: the sums leave these out | calls';
COMMENT ON COLUMN usage.cost_usd IS 'USD | tokens at the model''s prices, including replayed calls, with cached tokens at their own price if it is known; NULL if the cost of any decision is unknown | decisions.cost_usd';
COMMENT ON COLUMN usage.latency_mean_s IS 'seconds | mean time of the successful request | calls.latency_s';
COMMENT ON COLUMN usage.latency_p50_s IS 'seconds | median time of the successful request | calls.latency_s';
COMMENT ON COLUMN usage.latency_p95_s IS 'seconds | time that 95 of 100 successful requests do not exceed | calls.latency_s';
COMMENT ON COLUMN usage.transport_attempts IS 'requests | requests sent, including retries after transport errors | calls.transport_attempts';
COMMENT ON COLUMN usage.maybe_billed IS 'requests | requests whose answer was lost in transit and may have been billed | calls.maybe_billed';
COMMENT ON COLUMN usage.models_served IS 'models | distinct names and fingerprints that the provider answered with. More than 1 means that the model changed during the run; 0 if none is stated | calls.model_served';

-- table: 160
-- What a choice of words does to a result, beside what the luck of the deals does. Agents that
-- differ in their template alone are one agent in several wordings.

CREATE VIEW prompt_spread AS
WITH measured AS (
    SELECT
        game, otherwise, agent, prompt,
        by_scoring(scoring, score, strict_return, mean_return) AS measure,
        (high - low) / 2 AS half_width
    FROM per_game JOIN wordings USING (agent)
)

SELECT
    game,
    string_agg(agent, ', ' ORDER BY agent) AS agents,
    count(DISTINCT prompt) AS prompts,
    avg(measure) AS mean,
    min(measure) AS lowest,
    max(measure) AS highest,
    stddev_samp(measure) AS prompt_sd,
    avg(half_width) AS deal_half_width,
    CASE WHEN count(measure) < 2 THEN 'prompt variation not included' END AS reason
FROM measured
GROUP BY game, otherwise
ORDER BY game, agents;

COMMENT ON VIEW prompt_spread IS
'What wording does to a result, beside the luck of the deals. Models that differ only in their template share a row: the spread of their results over templates, and the half-width of their intervals over deals. A model with one template says nothing about other wordings, whatever its interval.';
COMMENT ON COLUMN prompt_spread.game IS 'name | the game | games.game';
COMMENT ON COLUMN prompt_spread.agents IS 'names | the agents that differ only in their template | agents.params';
COMMENT ON COLUMN prompt_spread.prompts IS 'templates | number of templates played | agents.params';
COMMENT ON COLUMN prompt_spread.mean IS 'as score in win_loss games, strict_return in margin games, else mean_return | mean over the templates, with equal weights | seats';
COMMENT ON COLUMN prompt_spread.lowest IS 'as mean | the result with the worst template | seats';
COMMENT ON COLUMN prompt_spread.highest IS 'as mean | the result with the best template | seats';
COMMENT ON COLUMN prompt_spread.prompt_sd IS 'as mean | standard deviation (n - 1) over the templates, including the luck of the shared deals; NULL: see reason | seats';
COMMENT ON COLUMN prompt_spread.deal_half_width IS 'as mean | mean half-width of the 95 % intervals over deals; NULL if none has one | game_intervals';
COMMENT ON COLUMN prompt_spread.reason IS 'words | the reason there is no spread over templates; NULL if there is one | computed';

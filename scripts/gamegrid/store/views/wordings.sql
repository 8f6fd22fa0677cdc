CREATE VIEW wordings AS
SELECT
    agent,
    params ->> 'prompt' AS prompt,
    -- A merge patch of null takes a key out.
    json_merge_patch(params, '{"prompt": null, "prompt_digest": null}')::VARCHAR AS otherwise
FROM agents
WHERE model IS NOT NULL;

COMMENT ON VIEW wordings IS 'Each model with its template, and all its settings but the template. Models that differ in their template alone are one agent in several wordings.';
COMMENT ON COLUMN wordings.agent IS 'name | the agent | agents.agent';
COMMENT ON COLUMN wordings.prompt IS 'name | the template | agents.params';
COMMENT ON COLUMN wordings.otherwise IS 'JSON object | all settings but the template | agents.params';

-- Each model with its template, and all its settings but the template. Models that differ in their
-- template alone are one agent in several wordings.
CREATE VIEW wordings AS
SELECT
    agent,
    params ->> 'prompt' AS prompt,
    -- A merge patch of null takes a key out.
    json_merge_patch(params, '{"prompt": null, "prompt_digest": null}')::VARCHAR AS otherwise
FROM agents
WHERE model IS NOT NULL;

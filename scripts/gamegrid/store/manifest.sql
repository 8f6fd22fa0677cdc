-- What a database records about its runs: one row of JSON objects. Unknown is null. The jobs that
-- loaded a model know its weights; each call knows who served its reply.

WITH stated AS (
    SELECT run_id, unnest(json_keys(models)) AS model, models FROM runs
),

loaded AS (
    SELECT model, list_sort(list(DISTINCT models -> ('$."' || model || '"'))::VARCHAR[]) AS stated
    FROM stated GROUP BY model
),

served AS (
    SELECT
        model,
        list_sort(list(DISTINCT model_served) FILTER (model_served IS NOT NULL)) AS served,
        list_sort(list(DISTINCT fingerprint) FILTER (fingerprint IS NOT NULL)) AS fingerprints,
        count(*) AS replies
    FROM calls
    GROUP BY model
),

models AS (
    SELECT
        model, coalesce(stated, []) AS stated, coalesce(served, []) AS served,
        coalesce(fingerprints, []) AS fingerprints, coalesce(replies, 0) AS replies
    FROM served FULL JOIN loaded USING (model)
),

prompts AS (
    SELECT DISTINCT prompt, prompts ->> ('$."' || prompt || '"') AS digest
    FROM (SELECT unnest(json_keys(prompts)) AS prompt, prompts FROM runs)
),

-- Those on record before the first deal, and those that correct the returns now.
value_functions AS (
    SELECT
        game,
        list_sort(list(DISTINCT runs.value_function) FILTER (runs.value_function IS NOT NULL))
            AS on_record,
        list_sort(list(DISTINCT used) FILTER (used IS NOT NULL)) AS used
    FROM episodes JOIN runs USING (run_id)
    LEFT JOIN (
        SELECT episode_id, any_value(value_function) AS used FROM corrections GROUP BY episode_id
    ) USING (episode_id)
    GROUP BY game
)

SELECT
    (
        SELECT json_object(
            'jobs', count(*),
            'first', min(started_at),
            'last', max(started_at),
            'code_versions', list_sort(list(DISTINCT code_version)),
            'interpreters', list_sort(list(DISTINCT interpreter)),
            'packages', list_sort(list(DISTINCT packages::VARCHAR))::JSON[],
            'machines', list_sort(list(DISTINCT
                concat_ws(', ', host ->> 'system', host ->> 'machine', host ->> 'cpus' || ' cores')
            ))
        ) FROM runs
    ) AS runs,
    (
        SELECT coalesce(json_group_object(model, json_object(
            'stated', stated::JSON[], 'served', served,
            'fingerprints', fingerprints, 'replies', replies
        )), '{}') FROM (SELECT * FROM models ORDER BY model)
    ) AS models,
    (
        SELECT coalesce(json_group_object(prompt, digests), '{}') FROM (
            SELECT prompt, list_sort(list(digest)) AS digests FROM prompts
            GROUP BY prompt ORDER BY prompt
        )
    ) AS prompts,
    (SELECT to_json(list_sort(list(DISTINCT seed))) FROM episodes) AS seeds,
    (
        SELECT coalesce(json_group_object(game, json_object(
            'on_record', coalesce(on_record, []), 'used', used
        )), '{}') FROM (SELECT * FROM value_functions WHERE used IS NOT NULL ORDER BY game)
    ) AS value_functions;

-- Fill the table of moves in information states from the files listed in the variable `probes`.

INSERT INTO probes BY NAME
SELECT
    game, seating AS probe, deal AS sample, asked.episode_id, part.*,
    usd(
        part.prompt_tokens, NULL, part.completion_tokens, input_price, cached_price, output_price
    ) AS cost_usd
FROM (
    SELECT game, deal, seating, episode_id, unnest(decisions) AS part
    FROM read_parquet(getvariable('probes'), union_by_name = true, hive_partitioning = false)
    WHERE status <> 'error'
) AS asked
LEFT JOIN agents ON agents.agent = part.agent;

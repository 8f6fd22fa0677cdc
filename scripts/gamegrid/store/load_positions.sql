-- Fill the table of moves in given positions from the files listed in the variable `positions`.

INSERT INTO positions BY NAME
SELECT
    game, deal AS position, asked.episode_id, part.*,
    (part.prompt_tokens * input_price + part.completion_tokens * output_price) / 1e6 AS cost_usd,
    best_value, value, regret, optimal, trivial, oracle
FROM (
    SELECT game, deal, episode_id, unnest(decisions) AS part
    FROM read_parquet(getvariable('positions'), union_by_name = true, hive_partitioning = false)
    WHERE status <> 'error'
) AS asked
LEFT JOIN agents ON agents.agent = part.agent
LEFT JOIN judged
    ON judged.episode_id = asked.episode_id
    AND judged.ply = part.ply AND judged.seat = part.seat;

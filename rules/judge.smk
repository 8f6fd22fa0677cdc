rule judge_decisions:
    input:
        chunks_of,
    output:
        "results/judged/{game}.parquet",
    log:
        "results/logs/judge/{game}.log",
    benchmark:
        "results/benchmarks/judge/{game}.jsonl"
    conda:
        "../envs/core.yaml"
    params:
        code=gamegrid.content_hash(
            "oracles", "games", "judge.py", "store/database.py", "../../config/equilibria"
        ),
    script:
        "../scripts/judge.py"

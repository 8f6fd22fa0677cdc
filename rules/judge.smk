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
            "oracles",
            "games",
            "judge.py",
            "store/database.py",
            "../../config/equilibria",
        ),
    script:
        "../scripts/judge.py"


rule measure_exploitability:
    input:
        lambda wildcards: alone_files("probes", wildcards.game),
    output:
        "results/exploitability/{game}.parquet",
    log:
        "results/logs/exploitability/{game}.log",
    benchmark:
        "results/benchmarks/exploitability/{game}.jsonl"
    conda:
        "../envs/core.yaml"
    params:
        code=gamegrid.content_hash(
            "oracles",
            "games",
            "agents",
            "probes.py",
            "exploitability.py",
            "../../config/equilibria",
        ),
    script:
        "../scripts/measure_exploitability.py"

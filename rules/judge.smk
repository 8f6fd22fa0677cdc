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
            "prompts",
            "play/chunkfile.py",
            "play/records.py",
            "judge.py",
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
            "prompts",
            "play/chunkfile.py",
            "play/records.py",
            "luck.py",
            "probes.py",
            "exploitability.py",
            "../../config/equilibria",
        ),
    script:
        "../scripts/measure_exploitability.py"

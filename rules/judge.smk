rule judge_decisions:
    input:
        judged_chunks,
    output:
        "results/judged/{game}.parquet",
    log:
        "results/logs/judge/{game}.log",
    benchmark:
        "results/benchmarks/judge/{game}.jsonl"
    conda:
        "../envs/core.yaml"
    params:
        code=when_needed(gamegrid.code_hash, "analysis.judge"),
    script:
        "../scripts/judge.py"


rule correct_returns:
    input:
        episode_chunks,
    output:
        "results/corrections/{game}.parquet",
    log:
        "results/logs/corrections/{game}.log",
    benchmark:
        "results/benchmarks/corrections/{game}.jsonl"
    conda:
        "../envs/core.yaml"
    params:
        agents=when_needed(gamegrid.correction_params, PLAN),
        code=when_needed(gamegrid.code_hash, "analysis.control_variates"),
    script:
        "../scripts/correct_returns.py"


rule measure_exploitability:
    input:
        lambda wildcards: single_move_files("probe", wildcards.game),
    output:
        "results/exploitability/{game}.parquet",
    log:
        "results/logs/exploitability/{game}.log",
    benchmark:
        "results/benchmarks/exploitability/{game}.jsonl"
    conda:
        "../envs/core.yaml"
    params:
        code=when_needed(gamegrid.code_hash, "analysis.exploitability"),
    script:
        "../scripts/measure_exploitability.py"

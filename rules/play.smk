rule play:
    output:
        "results/chunks/{game}/{matchup}/{block}.parquet",
    log:
        "results/logs/play/{game}/{matchup}/{block}.log",
    benchmark:
        "results/benchmarks/play/{game}/{matchup}/{block}.jsonl"
    conda:
        lambda wildcards: f"../envs/{PLAN.environment(cell_of(wildcards))}.yaml"
    resources:
        gpu=lambda wildcards: PLAN.gpus(cell_of(wildcards)),
    params:
        cell=lambda wildcards: PLAN.params(cell_of(wildcards)),
    script:
        "../scripts/play.py"


rule play_positions:
    output:
        "results/positions/{game}/{agent}.parquet",
    log:
        "results/logs/positions/{game}/{agent}.log",
    benchmark:
        "results/benchmarks/positions/{game}/{agent}.jsonl"
    conda:
        lambda wildcards: f"../envs/{PLAN.environment(position_cell_of(wildcards))}.yaml"
    resources:
        gpu=lambda wildcards: PLAN.gpus(position_cell_of(wildcards)),
    params:
        cell=lambda wildcards: PLAN.position_params(position_cell_of(wildcards)),
    script:
        "../scripts/play_alone.py"


rule play_probes:
    output:
        "results/probes/{game}/{agent}.parquet",
    log:
        "results/logs/probes/{game}/{agent}.log",
    benchmark:
        "results/benchmarks/probes/{game}/{agent}.jsonl"
    conda:
        lambda wildcards: f"../envs/{PLAN.environment(probe_cell_of(wildcards))}.yaml"
    resources:
        gpu=lambda wildcards: PLAN.gpus(probe_cell_of(wildcards)),
    params:
        cell=lambda wildcards: PLAN.probe_params(probe_cell_of(wildcards)),
    script:
        "../scripts/play_alone.py"

rule play:
    output:
        "results/chunks/{game}/{matchup}/{block}.parquet",
    log:
        "results/logs/play/{game}/{matchup}/{block}.log",
    benchmark:
        "results/benchmarks/play/{game}/{matchup}/{block}.jsonl"
    conda:
        lambda wildcards: f"../envs/{PLAN.environment(cell_of(wildcards))}.yaml"
    threads: demand("threads", cell_of)
    resources:
        gpu=demand("gpu", cell_of),
        gpu_model=demand("gpu_model", cell_of),
        mem_mb=demand("mem_mb", cell_of),
        runtime=demand("runtime", cell_of),
        api=demand("api", cell_of),
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
    threads: demand("threads", position_cell_of)
    resources:
        gpu=demand("gpu", position_cell_of),
        gpu_model=demand("gpu_model", position_cell_of),
        mem_mb=demand("mem_mb", position_cell_of),
        runtime=demand("runtime", position_cell_of),
        api=demand("api", position_cell_of),
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
    threads: demand("threads", probe_cell_of)
    resources:
        gpu=demand("gpu", probe_cell_of),
        gpu_model=demand("gpu_model", probe_cell_of),
        mem_mb=demand("mem_mb", probe_cell_of),
        runtime=demand("runtime", probe_cell_of),
        api=demand("api", probe_cell_of),
    params:
        cell=lambda wildcards: PLAN.probe_params(probe_cell_of(wildcards)),
    script:
        "../scripts/play_alone.py"

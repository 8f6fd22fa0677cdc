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


rule play_alone:
    output:
        "results/{asked}/{game}/{agent}.parquet",
    log:
        "results/logs/{asked}/{game}/{agent}.log",
    benchmark:
        "results/benchmarks/{asked}/{game}/{agent}.jsonl"
    conda:
        lambda wildcards: f"../envs/{PLAN.environment(alone_cell_of(wildcards))}.yaml"
    threads: demand("threads", alone_cell_of)
    resources:
        gpu=demand("gpu", alone_cell_of),
        gpu_model=demand("gpu_model", alone_cell_of),
        mem_mb=demand("mem_mb", alone_cell_of),
        runtime=demand("runtime", alone_cell_of),
        api=demand("api", alone_cell_of),
    params:
        cell=lambda wildcards: PLAN.alone_params(
            wildcards.asked, alone_cell_of(wildcards)
        ),
    script:
        "../scripts/play_alone.py"

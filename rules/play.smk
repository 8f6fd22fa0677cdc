rule play:
    input:
        checked(cell_of),
    output:
        "results/chunks/{game}/{matchup}/{block}.parquet",
    log:
        "results/logs/play/{game}/{matchup}/{block}.log",
    benchmark:
        "results/benchmarks/play/{game}/{matchup}/{block}.jsonl"
    priority: 1  # the games take longest, so nothing else goes first
    conda:
        environment(cell_of)
    threads: demand("threads", cell_of)
    resources:
        gpu=demand("gpu", cell_of),
        gpu_model=demand("gpu_model", cell_of),
        nodes=demand("nodes", cell_of),
        tasks_per_gpu=demand("tasks_per_gpu", cell_of),
        mem_mb=demand("mem_mb", cell_of),
        runtime=demand("runtime", cell_of),
        api=demand("api", cell_of),
    params:
        cell=cell_params,
    script:
        "../scripts/play.py"


# Several chunks of a game, one after another. The output lists their files.
use rule play as play_bundle with:
    output:
        "results/bundles/{game}/{bundle}.txt",
    log:
        "results/logs/play_bundle/{game}/{bundle}.log",
    benchmark:
        "results/benchmarks/play_bundle/{game}/{bundle}.jsonl"
    params:
        cells=bundle_params,


# One move of an agent in each position of a game.
rule ask_positions:
    input:
        checked(agent_cell_of),
    output:
        "results/positions/{game}/{agent}.parquet",
    log:
        "results/logs/positions/{game}/{agent}.log",
    benchmark:
        "results/benchmarks/positions/{game}/{agent}.jsonl"
    priority: 1
    conda:
        environment(agent_cell_of)
    threads: demand("threads", agent_cell_of)
    resources:
        gpu=demand("gpu", agent_cell_of),
        gpu_model=demand("gpu_model", agent_cell_of),
        nodes=demand("nodes", agent_cell_of),
        tasks_per_gpu=demand("tasks_per_gpu", agent_cell_of),
        mem_mb=demand("mem_mb", agent_cell_of),
        runtime=demand("runtime", agent_cell_of),
        api=demand("api", agent_cell_of),
    params:
        task="position",
        moves=single_move_params("position"),
    script:
        "../scripts/ask_single_moves.py"


# Samples of an agent's move in each information state of a game.
use rule ask_positions as ask_probes with:
    output:
        "results/probes/{game}/{agent}.parquet",
    log:
        "results/logs/probes/{game}/{agent}.log",
    benchmark:
        "results/benchmarks/probes/{game}/{agent}.jsonl"
    params:
        task="probe",
        moves=single_move_params("probe"),

rule compute_references:
    output:
        "results/references.json",
    log:
        "results/logs/compute_references.log",
    benchmark:
        "results/benchmarks/compute_references.jsonl"
    conda:
        "../envs/core.yaml"
    params:
        grid=PLAN.reference_params(),
        code=gamegrid.content_hash(
            "oracles", "games", "references.py", "../../config/equilibria"
        ),
    script:
        "../scripts/compute_references.py"


rule build_database:
    input:
        references="results/references.json",
        chunks=chunk_files() + list(PLAN.frozen),
        judged=judged_files(),
        positions=position_files(),
    output:
        "results/gamegrid.duckdb",
    log:
        "results/logs/build_database.log",
    benchmark:
        "results/benchmarks/build_database.jsonl"
    conda:
        "../envs/core.yaml"
    params:
        rows=gamegrid.database_rows(PLAN),
        code=gamegrid.content_hash("store", "stats", "play/chunkfile.py"),
    script:
        "../scripts/build_database.py"


rule write_tables:
    input:
        "results/gamegrid.duckdb",
    output:
        tables(),
        "results/tables/README.md",
    log:
        "results/logs/write_tables.log",
    benchmark:
        "results/benchmarks/write_tables.jsonl"
    conda:
        "../envs/core.yaml"
    params:
        code=gamegrid.content_hash("store"),
    script:
        "../scripts/write_tables.py"


rule confirm_complete:
    input:
        chunks=chunk_files() + position_files(),
        tables="results/tables/README.md",
    output:
        "results/complete.txt",
    log:
        "results/logs/confirm_complete.log",
    benchmark:
        "results/benchmarks/confirm_complete.jsonl"
    conda:
        "../envs/core.yaml"
    script:
        "../scripts/confirm_complete.py"


rule check_results:
    input:
        "results/gamegrid.duckdb",
    log:
        "results/logs/check_results.log",
    conda:
        "../envs/core.yaml"
    script:
        "../scripts/check_results.py"

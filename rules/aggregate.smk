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
        grid=when_needed(gamegrid.reference_params, PLAN),
        code=when_needed(gamegrid.code_hash, "analysis.references"),
    script:
        "../scripts/compute_references.py"


rule build_database:
    input:
        **all_chunks(),
        references="results/references.json",
        judged=judged_files(),
        corrections=correction_files(),
        exploitability=exploitability_files(),
    output:
        "results/gamegrid.duckdb",
    log:
        "results/logs/build_database.log",
    benchmark:
        "results/benchmarks/build_database.jsonl"
    conda:
        "../envs/core.yaml"
    params:
        **CARRIED,
        rows=when_needed(gamegrid.database_rows, PLAN),
        planned=when_needed(gamegrid.planned_questions, PLAN),
        code=when_needed(gamegrid.code_hash, "store.database"),
    script:
        "../scripts/build_database.py"


rule write_tables:
    input:
        "results/gamegrid.duckdb",
    output:
        [reported_table(name) for name in gamegrid.table_names()],
        table_files(forms=("md", "tex")),
        "results/tables/README.md",
    log:
        "results/logs/write_tables.log",
    benchmark:
        "results/benchmarks/write_tables.jsonl"
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        code=when_needed(gamegrid.code_hash, "store.tables"),
    script:
        "../scripts/write_tables.py"


rule write_manifest:
    input:
        **all_chunks(),
        database="results/gamegrid.duckdb",
        references="results/references.json",
        judged=judged_files(),
        corrections=correction_files(),
        exploitability=exploitability_files(),
    output:
        "results/manifest.json",
    log:
        "results/logs/write_manifest.log",
    benchmark:
        "results/benchmarks/write_manifest.jsonl"
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        rows=rules.build_database.params.rows,
        plugins=when_needed(gamegrid.plugin_files),
        code=when_needed(gamegrid.code_hash, "store.manifest"),
    script:
        "../scripts/write_manifest.py"


rule confirm_complete:
    input:
        chunks=all_played,
        database="results/gamegrid.duckdb",
        tables="results/tables/README.md",
        manifest="results/manifest.json",
    output:
        "results/complete.txt",
    log:
        "results/logs/confirm_complete.log",
    benchmark:
        "results/benchmarks/confirm_complete.jsonl"
    retries: 0  # it removes chunk files, which only another run can play
    localrule: True
    conda:
        "../envs/core.yaml"
    params:
        **CARRIED,
    script:
        "../scripts/confirm_complete.py"


rule check_results:
    input:
        "results/gamegrid.duckdb",
    log:
        "results/logs/check_results.log",
    localrule: True
    conda:
        "../envs/core.yaml"
    script:
        "../scripts/check_results.py"

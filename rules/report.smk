rule draw_figures:
    input:
        "results/gamegrid.duckdb",
    output:
        report(
            directory("results/figures"),
            patterns=["{figure}.svg"],
            caption="captions/figure.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
    log:
        "results/logs/draw_figures.log",
    benchmark:
        "results/benchmarks/draw_figures.jsonl"
    conda:
        "../envs/report.yaml"
    params:
        captions=when_needed(gamegrid.captions),
        code=when_needed(gamegrid.code_hash, "report.drawing"),
    script:
        "../scripts/draw_figures.py"


rule build_report:
    input:
        "results/gamegrid.duckdb",
    output:
        report(
            "results/report.html",
            caption="captions/report.rst",
            category="Page",
            labels={"page": "everything on one page"},
        ),
    log:
        "results/logs/build_report.log",
    benchmark:
        "results/benchmarks/build_report.jsonl"
    conda:
        "../envs/report.yaml"
    params:
        code=when_needed(gamegrid.code_hash, "report.page"),
    script:
        "../scripts/build_report.py"

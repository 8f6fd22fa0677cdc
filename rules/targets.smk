# Everything that is played and computed, without figures and page.
rule tables:
    input:
        # Listed here, because Snakemake does not notice a deleted chunk file if everything made from
        # it is up to date.
        chunk_files,
        table_files(),
        "results/tables/README.md",
        "results/manifest.json",
        "results/complete.txt",
    localrule: True


rule all:
    default_target: True
    input:
        rules.tables.input,
        "results/figures",
        "results/report.html",
    localrule: True

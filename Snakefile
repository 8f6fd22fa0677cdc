from snakemake.utils import min_version

min_version("9.27")

if not workflow.overwrite_configfiles:

    configfile: str(Path(workflow.basedir) / "config/config.yaml")


report: "rules/captions/workflow.rst"


include: "rules/common.smk"
include: "rules/play.smk"
include: "rules/judge.smk"
include: "rules/aggregate.smk"
include: "rules/report.smk"
include: "rules/ask.smk"
include: "rules/tiny.smk"
include: "rules/models.smk"


localrules:
    all,
    check,
    check_results,
    confirm_complete,
    estimate,
    fetch_models,
    interim,
    status,
    tables,
    verify,
    write_manifest,
    write_tables,


# Snakemake runs only the last onstart of a workflow.
onstart:
    or_exit(lambda: snakemake_internals.refuse_arrays(workflow))
    snakemake_internals.lift_default_rate_limit(workflow)
    snakemake_internals.wait_for_jobs_on_every_signal()
    RUN.begin(workflow)


onsuccess:
    RUN.end()


onerror:
    RUN.end([str(file) for file in log])


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


rule all:
    default_target: True
    input:
        rules.tables.input,
        "results/figures",
        "results/report.html",

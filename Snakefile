from snakemake.utils import min_version

min_version("9.27")

if not workflow.overwrite_configfiles:

    configfile: str(Path(workflow.basedir) / "config/config.yaml")


include: "rules/common.smk"
include: "rules/play.smk"
include: "rules/judge.smk"
include: "rules/aggregate.smk"
include: "rules/ask.smk"
include: "rules/tiny.smk"
include: "rules/models.smk"


localrules:
    all,
    check,
    check_results,
    estimate,
    fetch_models,
    status,


rule all:
    default_target: True
    input:
        chunk_files(),
        tables(),
        "results/tables/README.md",
        "results/complete.txt",

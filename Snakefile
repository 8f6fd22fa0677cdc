from snakemake.sourcecache import LocalSourceFile
from snakemake.utils import min_version

min_version("9.27")


# The files of this folder, also if the workflow is a module from a remote repository.
FILES = {
    name: workflow.current_basedir.join(name)
    for name in (
        "config/config.yaml",
        "rules/common.smk",
        "rules/play.smk",
        "rules/judge.smk",
        "rules/aggregate.smk",
        "rules/report.smk",
        "rules/ask.smk",
        "rules/tiny.smk",
        "rules/models.smk",
    )
}
for file in FILES.values():
    if not isinstance(file, LocalSourceFile):
        # Snakemake joins the root of a repository and a name to /name.
        file.path = file.path.lstrip("/")

DEFAULT_GRID = FILES["config/config.yaml"]

if not workflow.overwrite_configfiles:

    configfile: DEFAULT_GRID.get_path_or_uri(secret_free=False)


report: "rules/captions/workflow.rst"


include: FILES["rules/common.smk"]
include: FILES["rules/play.smk"]
include: FILES["rules/judge.smk"]
include: FILES["rules/aggregate.smk"]
include: FILES["rules/report.smk"]
include: FILES["rules/ask.smk"]
include: FILES["rules/tiny.smk"]
include: FILES["rules/models.smk"]


# Snakemake runs these three for the main workflow only, and only the last of each.
onstart:
    or_exit(lambda: snakemake_internals.refuse_arrays(workflow))
    or_exit(check_cluster)
    or_exit(divide_limits)
    or_exit(begin_records)
    snakemake_internals.report_lost_submissions(workflow)
    snakemake_internals.lift_default_rate_limit(workflow)
    snakemake_internals.wait_for_jobs_on_every_signal()
    interrupts.keep_interrupts()
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
    localrule: True


rule all:
    default_target: True
    input:
        rules.tables.input,
        "results/figures",
        "results/report.html",
    localrule: True

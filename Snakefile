from snakemake.sourcecache import LocalSourceFile
from snakemake.utils import min_version

min_version("9.27")


def beside(name):
    """A file of this folder, also if the workflow is a module from a remote repository."""
    file = workflow.current_basedir.join(name)
    if not isinstance(file, LocalSourceFile):
        # Snakemake joins the root of a repository and a name to /name.
        file.path = file.path.lstrip("/")
    return file


DEFAULT_GRID = beside("config/config.yaml")

if not workflow.overwrite_configfiles:

    configfile: DEFAULT_GRID.get_path_or_uri(secret_free=False)


report: "rules/captions/workflow.rst"


include: beside("rules/common.smk")
include: beside("rules/play.smk")
include: beside("rules/judge.smk")
include: beside("rules/aggregate.smk")
include: beside("rules/report.smk")
include: beside("rules/ask.smk")
include: beside("rules/tiny.smk")
include: beside("rules/models.smk")
include: beside("rules/targets.smk")


# Snakemake runs these three for the main workflow only, and only the last of each.
onstart:
    or_exit(lambda: snakemake_internals.refuse_arrays(workflow))
    or_exit(check_cluster)
    snakemake_internals.report_lost_submissions(workflow)
    snakemake_internals.lift_default_rate_limit(workflow)
    snakemake_internals.wait_for_jobs_on_every_signal()
    interrupts.keep_interrupts()
    RUN.begin(workflow)


onsuccess:
    RUN.end()


onerror:
    RUN.end([str(file) for file in log])

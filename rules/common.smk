import re
import sys

from snakemake.utils import validate

sys.path.insert(0, str(Path(workflow.basedir) / "scripts"))

from gamegrid.jobs import workflow as gamegrid
from gamegrid.plan.demand import check_arrays
from gamegrid.errors import UserError

# Results are verified as they say they were made, whatever grid is configured here, models or not.
# Snakemake knows its targets only once this file is read.
VERIFIES = "verify" in sys.argv

try:
    PLAN = gamegrid.prepare(
        config, Path.cwd(), main=workflow.is_main_process, plays=not VERIFIES
    )
except UserError as error:
    print(f"gamegrid: {error}", file=sys.stderr)
    sys.exit(1)

validate(config, "../config/schemas/config.schema.json", set_default=False)


wildcard_constraints:
    game="|".join(re.escape(game) for game in PLAN.games),
    matchup="|".join(re.escape(matchup) for _, matchup in PLAN.cells),
    block=r"\d+-\d+",
    agent=r"[a-z0-9_.]+",
    asked="positions|probes",


def chunk_files():
    """The chunk files of the whole grid."""
    return [f"results/chunks/{chunk.path}.parquet" for chunk in PLAN.chunks]


def judged_files():
    """What oracles say of the decisions: a file per game that has one."""
    return [f"results/judged/{game}.parquet" for game in PLAN.judged]


def alone_files(asked, game=None):
    """The moves of every agent in positions or probes, of all games that have them or of one."""
    return [
        f"results/{asked}/{name}/{agent}.parquet"
        for what, name, agent in PLAN.alone_cells
        if what == asked and game in (None, name)
    ]


def exploitability_files():
    """What the policies of the agents lose: a file per game in which they were asked for one."""
    return collect(
        "results/exploitability/{game}.parquet",
        game=sorted({game for asked, game, _ in PLAN.alone_cells if asked == "probes"}),
    )


def chunks_of(wildcards):
    """All chunk files with episodes of a game, those that come with a suite included."""
    played = [chunk for chunk in PLAN.chunks if chunk.cell.game.name == wildcards.game]
    files = [f"results/chunks/{chunk.path}.parquet" for chunk in played]
    return files + alone_files("positions", wildcards.game) + list(PLAN.frozen)


def cell_of(wildcards):
    """The cell a play job belongs to."""
    return PLAN.cells[wildcards.game, wildcards.matchup]


def alone_cell_of(wildcards):
    """The game and the agent of a job that asks for single moves."""
    return PLAN.alone_cells[wildcards.asked, wildcards.game, wildcards.agent]


def demand(what, cell):
    """How much of something a job needs; ``cell`` finds what it plays by its wildcards."""
    return lambda wildcards: getattr(PLAN.demand(cell(wildcards)), what)


def refuse_arrays():
    """End a run whose jobs SLURM cannot take as the arrays that the profile asks for."""
    rules = getattr(workflow.executor_settings, "array_jobs", None)
    if not rules:
        return
    most = workflow.executor_settings.array_limit
    jobs = [(job.rule.name, job.resources) for job in workflow.dag.needrun_jobs()]
    limits = {
        name: getattr(limit, "value", limit)
        for name, limit in workflow.global_resources.items()
    }
    try:
        check_arrays(rules, most, jobs, limits)
    except UserError as error:
        print(f"gamegrid: {error}", file=sys.stderr)
        sys.exit(1)


def start_without_delay():
    """Let jobs start as soon as there is room for them.

    Where Snakemake limits the jobs that start per second, each look for jobs to start sets a timer
    for a further one, without end: after hundreds of jobs it does little else. Its default of 100
    a second holds nothing back; a smaller limit is somebody's wish and stays.
    """
    limit = getattr(workflow.scheduler, "job_rate_limiter", None)
    if limit and limit.max_jobs >= 100 * limit.timespan:
        workflow.scheduler.job_rate_limiter = None


def tables(forms=("csv", "md", "tex")):
    """The table files of these forms."""
    return collect(
        "results/tables/{table}.{form}",
        table=gamegrid.table_names(),
        form=forms,
    )


def reported_table(name):
    """The table file that Snakemake's own report shows."""
    # A line must not begin with the word report, which is a directive there.
    file = report(
        f"results/tables/{name}.csv",
        caption="captions/table.rst",
        category="Tables",
        labels={"table": name},
    )
    return file

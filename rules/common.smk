import re
import sys
from functools import cache

from snakemake.sourcecache import LocalSourceFile
from snakemake.utils import validate

# That of the package, which Snakemake does not bring along with a remote module.
VERSION = "0.1.0"

HERE = workflow.current_basedir
IS_LOCAL = isinstance(HERE, LocalSourceFile)
if IS_LOCAL:
    # Jobs, too, take the package from the folder of their scripts.
    sys.path.insert(
        0, str(Path(HERE.get_path_or_uri(secret_free=False)).parent / "scripts")
    )

try:
    from gamegrid import garbage
except ModuleNotFoundError:
    print(
        "gamegrid: a workflow that is not a checkout needs the installed package gamegrid. "
        f"Install version {VERSION} of it beside Snakemake.",
        file=sys.stderr,
    )
    sys.exit(1)

garbage.search_rarely()

from gamegrid import plugins
from gamegrid.errors import UserError
from gamegrid.jobs import (
    interrupts,
    preconditions,
    remote_run,
    slurm_site,
    snakemake_internals,
)
from gamegrid.jobs.installed import check_version
from gamegrid.jobs.live import Run
from gamegrid.jobs import workflow as gamegrid
from gamegrid.terminal import plain


def or_exit(work):
    """Return what ``work`` does; end the run in one sentence if the user is at fault."""
    try:
        return work()
    except Exception as error:
        said = str(error) if isinstance(error, UserError) else plugins.blame(error)
        if said is None:
            raise
        print(plain(f"gamegrid: {said}"), file=sys.stderr)
        sys.exit(1)


def when_needed(make, *given):
    """A parameter that only the jobs which have it compute.

    Every job starts Snakemake anew, so what all rules need would cost each job. Also, Snakemake
    takes no {word} in the text that a function returns for a wildcard.
    """

    def work():
        with plugins.restored(PLUGINS):
            return make(*given)

    return lambda wildcards: or_exit(work)


if not IS_LOCAL:
    or_exit(lambda: check_version(VERSION))
or_exit(lambda: gamegrid.check_configfiles(workflow))
or_exit(lambda: gamegrid.rebase(config, workflow, Path.cwd()))

IS_MODULE = snakemake_internals.is_module(workflow)
# Below the prefix of a module, which Snakemake puts before every path of the rules.
RESULTS = or_exit(lambda: Path.cwd() / snakemake_internals.results_folder(workflow))

# The results folder's address if jobs share no file system; as a parameter, jobs know it.
REMOTE = or_exit(lambda: snakemake_internals.remote_results(workflow))
CARRIED = {} if REMOTE is None else {"remote": REMOTE}

PLAN = or_exit(
    lambda: gamegrid.prepare(config, Path.cwd(), RESULTS, workflow.is_main_process)
)
# Another module of the same workflow may use others.
PLUGINS = plugins.in_use()


# Of all jobs; it counts with --sdm apptainer only.
container: or_exit(lambda: gamegrid.container_image(PLAN, VERSION, workflow))


# The terminal of a module belongs to the workflow that uses it.
RUN = None if IS_MODULE else Run(PLAN, RESULTS, workflow, REMOTE)

validate(config, "../config/schemas/config.schema.json", set_default=False)


# Not the names themselves: Snakemake would search the names of all cells for each job.
wildcard_constraints:
    game=r"[^/]+",
    matchup=r"[^/]+",
    block=r"\d+-\d+",
    bundle=r"[0-9a-f]+",
    agent=r"[a-z0-9_.]+",


@cache
def check_before_play():
    if workflow.is_main_process:
        or_exit(lambda: preconditions.check_before_play(PLAN, RESULTS, REMOTE))
    if snakemake_internals.plays(workflow):
        or_exit(lambda: preconditions.remove_bundles(PLAN, RESULTS))


def check_cluster():
    """Ask SLURM, before anything is submitted, whether it can run the jobs."""
    demands = gamegrid.play_demands(PLAN)
    slurm_site.check(snakemake_internals.to_submit(workflow, demands))


def divide_limits():
    """Divide the limits of hosted models by the jobs of a cluster that may ask at once."""
    if REMOTE is None:  # pods do not get the environment, which tells jobs to divide
        gamegrid.divide_limits(PLAN, snakemake_internals.asking_at_once(workflow))


def begin_records():
    """Write the records that jobs without a shared file system read."""
    if REMOTE is not None:
        remote_run.begin(PLAN, RESULTS, REMOTE)


def checked(cell):
    """No input files: check keys and folders as soon as a run may play.

    Snakemake calls this for the jobs behind the requested targets, so never for ``verify``.
    ``cell`` finds the cell of a job by its wildcards, and fails if the grid has none.
    """

    def no_files(wildcards):
        cell(wildcards)
        check_before_play()
        return []

    return no_files


# The lists of chunk files are functions, because only jobs that read the files need them.
def chunk_files(wildcards):
    """The outputs of all jobs that play episodes: chunk files, or bundles that list some."""
    return [f"results/{job.file}" for job in PLAN.jobs]


def single_move_files(task, game=None):
    """The chunk files of a task of single moves, of all games or of one."""
    return [
        f"results/{moves.file}"
        for moves in PLAN.single_moves.values()
        if moves.task == task and game in (None, moves.game.name)
    ]


def all_played(wildcards):
    """The chunk files of all tasks that the grid itself plays."""
    return [
        *chunk_files(wildcards),
        *single_move_files("position"),
        *single_move_files("probe"),
    ]


def all_chunks():
    """All chunk files of the database, by task; those of a suite are episodes."""
    return {
        "chunks": lambda wildcards: [*chunk_files(wildcards), *PLAN.frozen],
        "positions": lambda wildcards: single_move_files("position"),
        "probes": lambda wildcards: single_move_files("probe"),
    }


def judged_files():
    """The values of decisions: a file per game with an oracle."""
    return [f"results/judged/{game}.parquet" for game in PLAN.judged]


def correction_files():
    """The corrections of returns: a file per margin game with a value function."""
    return [f"results/corrections/{game}.parquet" for game in PLAN.corrected]


def episode_chunks(wildcards):
    """The chunk files that may hold episodes of a game."""
    played = PLAN.jobs_of.get(wildcards.game, [])
    return [*[f"results/{job.file}" for job in played], *PLAN.frozen]


def exploitability_files():
    """The exploitability of agents: a file per game with probes."""
    games = {Path(file).parent.name for file in single_move_files("probe")}
    return [f"results/exploitability/{game}.parquet" for game in sorted(games)]


def judged_chunks(wildcards):
    """The chunk files whose decisions the oracle of a game judges."""
    return [
        *episode_chunks(wildcards),
        *single_move_files("position", wildcards.game),
    ]


def bundle_of(wildcards):
    """The bundle of a job that plays several chunks."""
    return or_exit(lambda: PLAN.bundle(wildcards.game, wildcards.bundle))


def cell_of(wildcards):
    """The cell of a play job, or the first of a bundle, whose cells need the same."""
    if "bundle" in wildcards.keys():
        return bundle_of(wildcards).cell
    return or_exit(lambda: PLAN.cell(wildcards.game, wildcards.matchup))


def agent_cell_of(wildcards):
    """The cell of a job of single moves: one agent alone."""
    return or_exit(lambda: PLAN.agent_cell(wildcards.game, wildcards.agent))


def single_move_params(task):
    """What changes the moves of a job of this task, by its wildcards."""

    def params(wildcards):
        with plugins.restored(PLUGINS):
            moves = PLAN.single_moves[task, wildcards.game, wildcards.agent]
            return PLAN.identity.single_move_params(moves)

    return params


def cell_params(wildcards):
    """What changes the episodes of a play job."""
    with plugins.restored(PLUGINS):
        return PLAN.identity.params(cell_of(wildcards))


def bundle_params(wildcards):
    """What changes the episodes of a bundle."""
    with plugins.restored(PLUGINS):
        return PLAN.identity.bundle_params(bundle_of(wildcards))


def environment(cell):
    """The conda environment of a job; ``cell`` finds its cell by its wildcards."""
    names = set(PLAN.environments.values())
    if len(names) == 1:  # Snakemake asks a function for each job
        return f"../envs/{names.pop()}.yaml"
    return (
        lambda wildcards: f"../envs/{PLAN.environments[cell(wildcards).matchup]}.yaml"
    )


def demand(what, cell):
    """A resource that a job asks for; ``cell`` finds its cell by its wildcards."""
    asked = {getattr(each, what) for each in PLAN.demands.values()}
    if len(asked) == 1 and isinstance(number := asked.pop(), int):
        return number
    return lambda wildcards: getattr(PLAN.demands[cell(wildcards).matchup], what)


def table_files(forms=("csv", "md", "tex")):
    """The table files in these forms."""
    return collect(
        "results/tables/{table}.{form}",
        table=gamegrid.table_names(),
        form=forms,
    )


def reported_table(name):
    """A table file that Snakemake's own report shows."""
    # Snakemake takes a line that begins with the word report for a directive.
    file = report(
        f"results/tables/{name}.csv",
        caption="captions/table.rst",
        category="Tables",
        labels={"table": name},
    )
    return file

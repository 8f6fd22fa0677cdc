import re
import sys
from functools import cache

from snakemake.utils import validate

sys.path.insert(0, str(Path(workflow.basedir) / "scripts"))

from gamegrid import garbage

garbage.search_rarely()

from gamegrid import plugins
from gamegrid.errors import UserError
from gamegrid.jobs import interrupts, preconditions, slurm_site, snakemake_internals
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


def as_it_is(text):
    """A parameter in which Snakemake takes no {word} for a wildcard."""
    return lambda wildcards: text


or_exit(lambda: gamegrid.check_configfiles(workflow))
or_exit(lambda: gamegrid.rebase(config, workflow, Path.cwd()))


PLAN = or_exit(
    lambda: gamegrid.prepare(config, Path.cwd(), main=workflow.is_main_process)
)

RUN = Run(PLAN, Path.cwd(), workflow)

validate(config, "../config/schemas/config.schema.json", set_default=False)


wildcard_constraints:
    game="|".join(re.escape(game) for game in PLAN.grid.game_named),
    matchup="|".join(re.escape(matchup) for _, matchup in PLAN.grid.cell_named),
    block=r"\d+-\d+",
    agent=r"[a-z0-9_.]+",


@cache
def check_before_play():
    if workflow.is_main_process:
        or_exit(lambda: preconditions.check_before_play(PLAN, Path.cwd()))


def check_cluster():
    """Ask SLURM, before anything is submitted, whether it can run the jobs."""
    demands = gamegrid.play_demands(PLAN)
    slurm_site.check(snakemake_internals.to_submit(workflow, demands))


def checked(wildcards):
    """No input files: check keys and folders as soon as a run may play.

    Snakemake calls this for the jobs behind the requested targets, so never for ``verify``.
    """
    check_before_play()
    return []


def chunk_files():
    """The chunk files of all episodes."""
    return [f"results/{chunk.file}" for chunk in PLAN.chunks]


def single_move_files(task, game=None):
    """The chunk files of a task of single moves, of all games or of one."""
    return [
        f"results/{moves.file}"
        for moves in PLAN.single_moves.values()
        if moves.task == task and game in (None, moves.game.name)
    ]


def all_chunks():
    """All chunk files of the database, by task; those of a suite are episodes."""
    return {
        "chunks": chunk_files() + list(PLAN.frozen),
        "positions": single_move_files("position"),
        "probes": single_move_files("probe"),
    }


def judged_files():
    """The values of decisions: a file per game with an oracle."""
    return [f"results/judged/{game}.parquet" for game in PLAN.judged]


def correction_files():
    """The corrections of returns: a file per margin game with a value function."""
    return [f"results/corrections/{game}.parquet" for game in PLAN.corrected]


def episode_chunks(wildcards):
    """The chunk files that may hold episodes of a game."""
    played = [chunk for chunk in PLAN.chunks if chunk.cell.game.name == wildcards.game]
    return [*[f"results/{chunk.file}" for chunk in played], *PLAN.frozen]


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


def cell_of(wildcards):
    """The cell of a play job."""
    return PLAN.grid.cell_named[wildcards.game, wildcards.matchup]


def agent_cell_of(wildcards):
    """The cell of a job of single moves: one agent alone."""
    return gamegrid.agent_cell(PLAN, wildcards.game, wildcards.agent)


def single_move_params(task):
    """What changes the moves of a job of this task, by its wildcards."""
    return lambda wildcards: PLAN.identity.single_move_params(
        PLAN.single_moves[task, wildcards.game, wildcards.agent]
    )


def environment(cell):
    """The conda environment of a job; ``cell`` finds its cell by its wildcards."""
    return lambda wildcards: f"../envs/{PLAN.needs.environment(cell(wildcards))}.yaml"


def demand(what, cell):
    """A resource that a job asks for; ``cell`` finds its cell by its wildcards."""
    return lambda wildcards: getattr(PLAN.needs.demand(cell(wildcards)), what)


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

"""``python scripts/runner.py --config FILE --override key=value …``: write a grid and play it.

This is the command line of Game Reasoning Arena, and its commands run unchanged. Each becomes an
ordinary grid, which ``--write-config`` prints and Snakemake plays.
"""

import argparse
import hashlib
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from gamegrid.commands import leaderboard_command
from gamegrid.commands.runner import settings
from gamegrid.commands.runner.translate import GridEntry, Translation, translate
from gamegrid.commands.snakemake_call import RUNS, Call
from gamegrid.config import yaml_files
from gamegrid.config.yaml_files import UnfitYaml
from gamegrid.errors import UserError
from gamegrid.paths import replacing, resolve, there
from gamegrid.plan import plan
from gamegrid.records import stamp
from gamegrid.terminal import plain_output

MODEL_FILES = (
    "configs/litellm_models.yaml",
    "configs/vllm_models.yaml",
    "src/game_reasoning_arena/configs/litellm_models.yaml",
    "src/game_reasoning_arena/configs/vllm_models.yaml",
)
"""Model files of the old system, read if they exist."""
RESULTS = Path("results")
GRIDS = RESULTS / "runner"
INPUTS = (".env", "config")
"""What a run reads in the working directory besides model files: keys, and its own prompts."""
BACKSLASH = "\\"


def main(arguments: Sequence[str] | None = None) -> int:
    """Play what the command line asks for. Returns the exit code."""
    with plain_output():
        return _main(arguments)


def _main(arguments: Sequence[str] | None) -> int:
    try:
        words = join_lines(sys.argv[1:] if arguments is None else arguments, _read_line)
        given = _parser().parse_args(words)
        translation = _translate(given)
        text = _text(translation.grid)
        for note in translation.notes if translation.person is None else ():
            print(f"runner: {note}", file=sys.stderr)
        if given.write_config:
            print(text, end="")
            return 0
        plan.make(translation.grid, Path.cwd())
        if translation.person is not None:
            return _play_with_person(translation, _write(text, Path()))
        return _play(translation.grid, given)
    except UserError as error:
        print(f"runner: {error}", file=sys.stderr)
        return 1


def _text(grid: GridEntry) -> str:
    return yaml.safe_dump(grid, sort_keys=False, allow_unicode=True)


def join_lines(arguments: Sequence[str], read_line: Callable[[], str]) -> list[str]:
    r"""Return the arguments of a command whose lines end in two backslashes.

    The old documentation writes commands this way. A shell turns two backslashes into the word
    ``\`` and ends the command there, so the remaining lines are read here. Raises UserError if
    there are none.
    """
    words = [word for word in arguments if word != BACKSLASH]
    continues = bool(arguments) and arguments[-1] == BACKSLASH
    while continues:
        line = read_line().strip()
        if not line:
            raise UserError(
                "the line ends in two backslashes, where a shell ends the command. Write one "
                "backslash, or write everything on one line."
            )
        content = line.rstrip(BACKSLASH)
        words += shlex.split(content)
        continues = content != line
    return words


def _read_line() -> str:
    """Read the next line of standard input, unbuffered: the lines after it are the shell's."""
    if os.isatty(0):
        print("> ", end="", file=sys.stderr, flush=True)
    with open(0, "rb", buffering=0, closefd=False) as stdin:
        return stdin.readline().decode(errors="replace")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python scripts/runner.py", description=__doc__)
    parser.add_argument(
        "--config", required=True, help="a configuration such as configs/example_config.yaml"
    )
    parser.add_argument(
        "--override", action="extend", nargs="*", default=[], metavar="KEY=VALUE",
        help="values that replace those of the file, such as agents.player_0.model=hf_gpt2",
    )  # fmt: skip
    parser.add_argument(
        "--models", action="append", default=[], metavar="FILE",
        help="another model file, read after config/models.yaml and those of configs/",
    )  # fmt: skip
    parser.add_argument("--cores", default="all", help="CPU cores to use (default: all)")
    parser.add_argument("--dry-run", action="store_true", help="show what would be played")
    parser.add_argument(
        "--write-config", action="store_true", help="print the grid and play nothing"
    )
    return parser


def _translate(given: argparse.Namespace) -> Translation:
    working = Path.cwd()
    path = resolve(given.config, working)
    if not there(path, Path.is_file):
        raise UserError(f"--config: cannot read {given.config}: there is no such file.")
    try:
        content: Any = yaml_files.read(path)
    except UnfitYaml as error:
        raise UserError(f"--config: cannot read {given.config}: {error}.") from error
    old = [name for name in MODEL_FILES if (working / name).is_file()]
    files = ["config/models.yaml", *old, *given.models]
    return translate(settings.read(content, given.override), files)


def _write(text: str, folder: Path) -> Path:
    """Write a grid to a separate file below the results, where cluster jobs can read it."""
    grids = folder / GRIDS
    grids.mkdir(parents=True, exist_ok=True)
    path = grids / f"grid-{hashlib.sha256(text.encode()).hexdigest()[:8]}.yaml"
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return path


def _folder(grid: GridEntry) -> Path:
    """Return the folder to play a grid in: the working directory, unless its results are others'.

    A results folder holds one seed. A run with another seed gets a folder of its own.
    """
    stored = stamp.read(RESULTS)
    if not stored or stored.get("seed") == grid["seed"]:
        return Path()
    folder = RUNS / f"seed-{grid['seed']}"
    print(
        f"runner: {RESULTS}/ holds results of seed {stored.get('seed')}, so this run with seed "
        f"{grid['seed']} goes to {folder / RESULTS}/.",
        file=sys.stderr,
    )
    folder.mkdir(parents=True, exist_ok=True)
    for name in INPUTS:
        link = folder / name
        if there(Path(name)) and not link.is_symlink():
            link.symlink_to(Path(name).absolute())
    return folder


def _play(grid: GridEntry, given: argparse.Namespace) -> int:
    folder, working = _folder(grid), Path.cwd()
    if folder != Path():
        grid = {**grid, "models": [str(resolve(name, working)) for name in grid["models"]]}
    whole = Call(grid=_write(_text(grid), folder), folder=folder, cores=given.cores)
    # Figures and page take as long as all else of a short run, and not everybody looks at them.
    call = replace(whole, target="tables", passed=["--dry-run"] if given.dry_run else [])
    code = subprocess.run(call.words(), check=False).returncode
    if code or given.dry_run:
        return code
    leaderboard_command.show(folder / RESULTS)
    print(f"To draw {folder / RESULTS}/report.html and figures: {shlex.join(whole.shown())}")
    return 0


def _play_with_person(translation: Translation, grid: Path) -> int:
    """Play the first deal of every game against the agent, in a terminal."""
    from gamegrid.commands import human_command  # only a person needs what plays in this process

    for game in translation.grid["games"]:
        agent, seat = next(iter(translation.grid["agents"])), (translation.person or 0) + 1
        asked = argparse.Namespace(game=game, against=agent, configfile=grid, seat=seat, deal=0)
        if code := human_command.run(asked):
            return code
    return 0

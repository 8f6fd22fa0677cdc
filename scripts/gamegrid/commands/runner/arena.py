"""``python scripts/runner.py --config FILE --override key=value …``: write a grid and play it.

The command line of Game Reasoning Arena, whose commands run as they are. What it becomes is an
ordinary grid (``--write-config`` prints it), and the results are those of ``snakemake``.
"""

import argparse
import hashlib
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml

from gamegrid.commands import human, leaderboard
from gamegrid.commands.runner import settings
from gamegrid.commands.runner.translate import Translation, translate
from gamegrid.errors import UserError
from gamegrid.paths import WORKFLOW, resolve
from gamegrid.plan import plan

MODEL_FILES = (
    "configs/litellm_models.yaml",
    "configs/vllm_models.yaml",
    "src/game_reasoning_arena/configs/litellm_models.yaml",
    "src/game_reasoning_arena/configs/vllm_models.yaml",
)
"""Where model files of the old system lie; those that are there are read."""
GRIDS = Path("results/runner")
BACKSLASH = "\\"


def main(arguments: Sequence[str] | None = None) -> int:
    """Play what the command line asks for. Returns the exit code."""
    try:
        line = whole(sys.argv[1:] if arguments is None else arguments, _typed)
        given = _parser().parse_args(line)
        made = _translate(given)
        text = yaml.safe_dump(made.grid, sort_keys=False, allow_unicode=True)
        for note in made.notes if made.person is None else ():
            print(f"runner: {note}", file=sys.stderr)
        if given.write_config:
            print(text, end="")
            return 0
        plan.make(made.grid, Path.cwd())
        if made.person is not None:
            return _with_person(made, _written(text))
        return _play(_written(text), given)
    except UserError as error:
        print(f"runner: {error}", file=sys.stderr)
        return 1


def whole(arguments: Sequence[str], read: Callable[[], str]) -> list[str]:
    """Return the arguments of a command whose lines may end in doubled backslashes.

    A shell takes a doubled backslash for a word and ends the command at the line's end; then the
    lines that follow are read here. Raises UserError if there are none.
    """
    found = [word for word in arguments if word != BACKSLASH]
    more = bool(arguments) and arguments[-1] == BACKSLASH
    while more:
        line = read().strip()
        if not line:
            raise UserError(
                "the command's line ends in two backslashes, where the shell ended the command. "
                "Write one backslash, or all on one line."
            )
        words = line.rstrip(BACKSLASH)
        found += shlex.split(words)
        more = words != line
    return found


def _typed() -> str:
    """The next line of standard input, and not a byte more: what follows is the shell's."""
    if os.isatty(0):
        print("> ", end="", file=sys.stderr, flush=True)
    line = b""
    while not line.endswith(b"\n") and (byte := os.read(0, 1)):
        line += byte
    return line.decode(errors="replace")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python scripts/runner.py", description=__doc__)
    parser.add_argument("--config", required=True, help="a configuration, as configs/*.yaml")
    parser.add_argument(
        "--override", action="extend", nargs="*", default=[], metavar="KEY=VALUE",
        help="values set over it, as agents.player_0.model=hf_gpt2",
    )  # fmt: skip
    parser.add_argument(
        "--models", action="append", default=[], metavar="FILE",
        help="a model file, read after config/models.yaml and those of configs/",
    )  # fmt: skip
    parser.add_argument("--cores", default="all", help="jobs at once (default: all)")
    parser.add_argument("--dry-run", action="store_true", help="tell what would be played")
    parser.add_argument(
        "--write-config", action="store_true", help="print the grid it becomes, and play nothing"
    )
    return parser


def _translate(given: argparse.Namespace) -> Translation:
    working = Path.cwd()
    path = resolve(given.config, working)
    try:
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"--config: {given.config} cannot be read: {reason}.") from error
    there = [name for name in MODEL_FILES if (working / name).is_file()]
    files = ["config/models.yaml", *there, *given.models]
    return translate(settings.read(content, given.override), files)


def _written(text: str) -> Path:
    """Write a grid where results lie. Its name tells grids apart, as jobs on a cluster read it."""
    GRIDS.mkdir(parents=True, exist_ok=True)
    path = GRIDS / f"grid-{hashlib.sha256(text.encode()).hexdigest()[:8]}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def _play(grid: Path, given: argparse.Namespace) -> int:
    command = [
        sys.executable, "-m", "snakemake", "--snakefile", str(WORKFLOW / "Snakefile"),
        "--cores", given.cores, "--configfile", str(grid),
    ]  # fmt: skip
    if given.dry_run:
        return subprocess.run([*command, "--dry-run"], check=False).returncode
    code = subprocess.run(command, check=False).returncode
    if code:
        return code
    leaderboard.show(Path("results"))
    return 0


def _with_person(made: Translation, grid: Path) -> int:
    """Play the first deal of every game against the agent, in a terminal."""
    for game in made.grid["games"]:
        agent, seat = next(iter(made.grid["agents"])), (made.person or 0) + 1
        asked = argparse.Namespace(game=game, against=agent, configfile=grid, seat=seat, deal=0)
        if code := human.run(asked):
            return code
    return 0

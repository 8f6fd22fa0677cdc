"""The command ``gamegrid``; ``python -m gamegrid`` is the same."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from pkgutil import iter_modules

import gamegrid.commands
from gamegrid.commands.command import Command
from gamegrid.errors import UserError, nearest

ABOUT = (
    "Look at, move and check results. Snakemake plays a grid: "
    "snakemake --cores 2 --configfile grid.yaml."
)
INTERRUPTED = 130
"""The exit code that shells give to a program ended by Ctrl-C."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand. Returns the exit code: 1 for a user's mistake, 2 for a bad call."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    name = words[0] if words else "--help"
    if name in ("-h", "--help"):
        print(_overview())
        return 0 if words else 2
    command = _command(name)
    if command is None:
        known = _names()
        print(
            f"gamegrid: there is no command {name!r}.{nearest(name, known)} "
            f"There are {', '.join(known)}.",
            file=sys.stderr,
        )
        return 2
    parser = argparse.ArgumentParser(prog=f"gamegrid {name}", description=command.about)
    command.arguments(parser)
    return _run(command, parser.parse_args(words[1:]))


def _run(command: Command, given: argparse.Namespace) -> int:
    try:
        code = command.run(given)
        sys.stdout.flush()
    except UserError as error:
        print(f"gamegrid: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # such as `gamegrid leaderboard | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _names() -> list[str]:
    """The names of all commands: those of the modules that declare one, with hyphens."""
    stems = (info.name for info in iter_modules(gamegrid.commands.__path__) if not info.ispkg)
    names = (stem.replace("_", "-") for stem in stems)
    return sorted(name for name in names if _command(name) is not None)


def _command(name: str) -> Command | None:
    """Import the one module of that name and return its command."""
    stem = name.replace("-", "_")
    if all(info.name != stem or info.ispkg for info in iter_modules(gamegrid.commands.__path__)):
        return None
    module = importlib.import_module(f"gamegrid.commands.{stem}")
    found: Command | None = getattr(module, "COMMAND", None)
    return found


def _overview() -> str:
    parser = argparse.ArgumentParser(prog="gamegrid", description=ABOUT)
    shown = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name in _names():
        command = _command(name)
        assert command is not None
        shown.add_parser(name, help=command.about.replace("%", "%%"))
    return parser.format_help().rstrip()


if __name__ == "__main__":
    sys.exit(main())

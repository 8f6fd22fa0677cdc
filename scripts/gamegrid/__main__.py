"""The command ``gamegrid``, also run as ``python -m gamegrid``."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from pkgutil import iter_modules

import gamegrid.commands
from gamegrid import plugins
from gamegrid.commands.command import Command
from gamegrid.errors import UserError, nearest
from gamegrid.jobs import disk_errors
from gamegrid.jobs.run import INTERRUPTED
from gamegrid.terminal import plain_output

ABOUT = (
    "Write a grid, play it and look at the results. The commands that play a grid call Snakemake "
    "and print the call."
)
SUFFIX = "_command"
"""The end of the names of modules that declare a command."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; what it prints cannot control the terminal.

    Returns its exit code, 1 for a UserError, or 2 for an unknown command.
    """
    with plain_output():
        return _main(list(sys.argv[1:] if arguments is None else arguments))


def _main(words: list[str]) -> int:
    name = words[0] if words else "--help"
    if name in ("-h", "--help"):
        print(_overview())
        return 0 if words else 2
    command = _command(name)
    if command is None:
        known = _names()
        print(
            f"gamegrid: unknown command {name!r}.{nearest(name, known)} Known: {', '.join(known)}.",
            file=sys.stderr,
        )
        return 2
    parser = argparse.ArgumentParser(prog=f"gamegrid {name}", description=f"{command.about}.")
    command.arguments(parser)
    own, passed = _split(words[1:]) if command.passes_on else (words[1:], [])
    return _run(command, parser.parse_args(own, argparse.Namespace(passed=passed)))


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    """Return the words before the first ``--`` and those after it."""
    at = words.index("--") if "--" in words else len(words)
    return words[:at], words[at + 1 :]


def _run(command: Command, given: argparse.Namespace) -> int:
    try:
        return command.run(given)
    except UserError as error:
        print(f"gamegrid: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if refusal := disk_errors.sentence(error) or plugins.blame(error) or _path_error(error):
            print(f"gamegrid: {refusal}", file=sys.stderr)
            return 1
        raise


def _path_error(error: Exception) -> str | None:
    """Return a sentence for a path on the command line that cannot be used, else None."""
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"cannot use {str(error.filename)!r}: {error.strerror}. Correct the path."
    return None


def _names() -> list[str]:
    """Return the names of all commands: ``write-pages`` for write_pages_command.py."""
    stems = (info.name for info in iter_modules(gamegrid.commands.__path__))
    return sorted(
        stem.removesuffix(SUFFIX).replace("_", "-") for stem in stems if stem.endswith(SUFFIX)
    )


def _command(name: str) -> Command | None:
    """Import only the module of this command and return what it declares; None if unknown."""
    if name not in _names():
        return None
    stem = name.replace("-", "_") + SUFFIX
    command: Command = importlib.import_module(f"gamegrid.commands.{stem}").COMMAND
    return command


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

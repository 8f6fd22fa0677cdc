"""A subcommand of ``gamegrid``: one module of this room that declares ``COMMAND``."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """A subcommand, named after its module.

    ``arguments`` adds what it takes to a parser. ``run`` does the work and returns the exit code.
    It raises UserError for a user's mistake, which the caller prints.
    """

    about: str
    arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], int]

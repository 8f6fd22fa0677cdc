"""Subcommands of ``gamegrid``. Each is a module NAME_command.py that declares ``COMMAND``."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """A subcommand.

    ``about`` describes it in the imperative, without a full stop. ``arguments`` adds its arguments
    to a parser. ``run`` does the work and returns the exit code. It raises UserError for a mistake
    of the user, which the caller prints. A command that ``passes_on`` gets the words after ``--``
    as ``passed``, a list.
    """

    about: str
    arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], int]
    passes_on: bool = False

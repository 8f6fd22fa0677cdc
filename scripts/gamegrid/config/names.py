"""Names of agents: the allowed characters, and conversion of other text."""

import re
from collections.abc import Collection

AGENT_NAME = re.compile(r"[a-z0-9][a-z0-9_.]*")


def agent_name(words: str) -> str:
    """Convert text to an agent's name: lower case, with ``_`` for characters not allowed.

    Raises ValueError if no allowed character is left.
    """
    name = re.sub(r"[^a-z0-9_.]+", "_", words.casefold()).strip("_.")
    if not name:
        raise ValueError(f"{words!r} contains no letter and no digit")
    return name


def unlike(name: str, taken: Collection[str]) -> str:
    """Return the name, with the first number from 2 added that makes it unique."""
    candidates = (name if n == 1 else f"{name}.{n}" for n in range(1, len(taken) + 2))
    return next(each for each in candidates if each not in taken)

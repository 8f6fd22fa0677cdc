"""Names of agents: what they may hold, and readable ones made of other words."""

import re
from collections.abc import Collection

AGENT_NAME = re.compile(r"[a-z0-9][a-z0-9_.]*")


def agent_name(words: str) -> str:
    """Return words as an agent's name: lower case, ``_`` for whatever a name may not hold.

    Raises ValueError if nothing is left.
    """
    name = re.sub(r"[^a-z0-9_.]+", "_", words.casefold()).strip("_.")
    if not name:
        raise ValueError(f"{words!r} holds no letter and no digit")
    return name


def unlike(name: str, taken: Collection[str]) -> str:
    """Return the name, or the name with the first number from 2 that makes it a new one."""
    tries = (name if n == 1 else f"{name}.{n}" for n in range(1, len(taken) + 2))
    return next(found for found in tries if found not in taken)

"""The compact letter display: agents that cannot be told apart share a letter."""

from collections.abc import Sequence
from string import ascii_lowercase

import numpy as np
from numpy.typing import NDArray


def letters(values: Sequence[float], differ: NDArray[np.bool_]) -> list[str]:
    """Return each agent's letters. Two agents share a letter exactly if they do not differ.

    ``values`` orders the letters, from a for the highest. ``differ`` says which agents can be told
    apart; it is symmetric, shape (agents, agents). If more than 26 letters are needed, they
    continue after z as aa, ab, …, and all are then separated by commas. This is the
    insert-and-absorb algorithm: Piepho, "An algorithm for a letter-based representation of
    all-pairwise comparisons" (2004).
    """
    columns = [frozenset(range(len(values)))] if len(values) else []
    for one, other in zip(*np.nonzero(np.triu(differ, 1)), strict=True):
        parts = [
            part
            for column in columns
            for part in (
                (column - {one}, column - {other}) if {one, other} <= column else (column,)
            )
        ]
        columns = [
            part
            for place, part in enumerate(parts)
            if not any(part < wider for wider in parts) and part not in parts[:place]
        ]
    columns.sort(key=lambda column: sorted(-values[agent] for agent in column))
    names = [_name(place) for place in range(len(columns))]
    return [
        ("" if len(columns) <= len(ascii_lowercase) else ",").join(
            name for name, column in zip(names, columns, strict=True) if agent in column
        )
        for agent in range(len(values))
    ]


def _name(place: int) -> str:
    """Return the letters for a number from 0: a, b, …, z, aa, ab and so on."""
    more, last = divmod(place, len(ascii_lowercase))
    return (_name(more - 1) if more else "") + ascii_lowercase[last]

"""The beginnings that prompts share, with their keys and values, so that each is read once.

Rules and format of a game are most of a prompt, and the same for every turn of a seat. A
conversation begins with all that was said before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gamegrid.backends.hf_slots import Past

Tokens: TypeAlias = NDArray[np.int64]

WORTH = 32
"""A shared beginning is kept if it has so many more tokens than the best one kept."""
MAX_BYTES = 512 * 2**20
"""The most memory that beginnings take together; the ones unused for longest go first."""
RECENT = 128
"""With so many of the latest prompts a new one is compared."""


@dataclass(frozen=True, slots=True, eq=False)
class Beginning:
    """The tokens of a beginning and their keys and values."""

    tokens: Tokens
    past: Past


@dataclass(frozen=True, slots=True, eq=False)
class Covered:
    """A beginning that is kept, and with how many of its first tokens a prompt begins."""

    beginning: Beginning
    count: int


class Prefixes:
    """The beginnings kept, in the order of their last use."""

    def __init__(self) -> None:
        self._kept: list[Beginning] = []
        self._recent: list[Tokens] = []

    def find(self, tokens: Tokens) -> Covered | None:
        """Return the beginning with which a prompt shares the most tokens, at least WORTH.

        The last token of the prompt is never covered: it must be read for the scores of the next.
        """
        best, count = None, WORTH - 1
        for each in self._kept:
            shared = min(_shared(each.tokens, tokens), len(tokens) - 1)
            if shared > count:
                best, count = each, shared
        if best is None:
            return None
        self._kept.remove(best)
        self._kept.append(best)
        return Covered(best, count)

    def worth_keeping(self, tokens: Tokens, others: Sequence[Tokens]) -> int:
        """Return how many first tokens of a prompt are worth keeping; 0 if none are.

        These are the most tokens that it shares with one of the ``others`` or of the latest
        prompts, if what is kept does not cover nearly as many.
        """
        known = self.find(tokens)
        covered = 0 if known is None else known.count
        shared = max((_shared(tokens, each) for each in [*others, *self._recent]), default=0)
        shared = min(shared, len(tokens) - 1)
        return shared if shared >= covered + WORTH else 0

    def keep(self, tokens: Tokens, past: Past) -> None:
        """Keep a beginning; forget what no longer fits."""
        self._kept.append(Beginning(tokens, past))
        while len(self._kept) > 1 and sum(each.past.size for each in self._kept) > MAX_BYTES:
            self._kept.pop(0)

    def note(self, prompts: Sequence[Tokens]) -> None:
        """Remember the latest prompts, to find out what the next ones share with them."""
        self._recent = [*self._recent, *prompts][-RECENT:]


def _shared(one: Tokens, other: Tokens) -> int:
    """Return with how many equal tokens two prompts begin."""
    most = min(len(one), len(other))
    different = (one[:most] != other[:most]).nonzero()[0]
    return int(different[0]) if len(different) else most

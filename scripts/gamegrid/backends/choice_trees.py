"""The tokens of a prompt's choices as a tree, since many choices begin alike.

A reply that must be a choice goes down the tree token by token. A score reads each node once.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

ROOT = -1

Trie = dict[int, "Trie"]
"""Maps a token to the tokens that may follow; empty after an end token."""


def trie(paths: Iterable[Sequence[int]]) -> Trie:
    """Return the prefix tree of token sequences."""
    root: Trie = {}
    for path in paths:
        node = root
        for token in path:
            node = node.setdefault(token, {})
    return root


def beginnings(node: Trie, before: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Trie]]:
    """Yield each beginning of a sequence, the empty one first, and what may follow it."""
    if node:
        yield before, node
        for token, below in node.items():
            yield from beginnings(below, (*before, token))


@dataclass(slots=True)
class ChoiceTree:
    """The tokens after which a choice goes on. A parent stands before its children."""

    tokens: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    """The place of each node's parent, ROOT for the first tokens of choices."""
    paths: list[list[int]] = field(default_factory=list)
    """For each choice, the node before each of its tokens."""

    @classmethod
    def of(cls, choices: Sequence[Sequence[int]]) -> "ChoiceTree":
        """Return the tree of the tokens of choices."""
        tree, places = cls(), dict[tuple[int, ...], int]()
        for choice in choices:
            path = [ROOT]
            for end in range(1, len(choice)):
                start = tuple(choice[:end])
                if start not in places:
                    places[start] = len(tree.tokens)
                    tree.tokens.append(choice[end - 1])
                    tree.parents.append(path[-1])
                path.append(places[start])
            tree.paths.append(path)
        return tree

    def __len__(self) -> int:
        """Return the number of nodes."""
        return len(self.tokens)

    def depths(self) -> list[int]:
        """Return the number of nodes above each node."""
        depths: list[int] = []
        for parent in self.parents:
            depths.append(0 if parent == ROOT else depths[parent] + 1)
        return depths

    def seen(self) -> NDArray[np.bool_]:
        """Return which nodes each node sees: itself and those above it (nodes × nodes)."""
        seen = np.eye(len(self), dtype=bool)
        for node, parent in enumerate(self.parents):
            if parent != ROOT:
                seen[node] |= seen[parent]
        return seen

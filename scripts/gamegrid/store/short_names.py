"""Shorten names in the middle so that no two of them look alike."""

from collections import defaultdict
from collections.abc import Sequence

CUT = "…"
"""Stands for what is left out of a name."""


def shortened(names: Sequence[str], width: int) -> list[str]:
    """Cut names in the middle to at most ``width`` characters; different names stay different.

    Names that fit stay as they are. Cuts near the middle come first, because variants of one model
    differ at either end. Where they would make two names equal, the short forms of these keep
    what the names differ in, or else get a number, for which ``width`` must leave room. Names hold
    no ``CUT`` themselves.
    """
    cut = dict(zip(names, _at_one_place(names, width), strict=True))
    for alike in _alike(cut):
        cut |= dict(zip(alike, _around_difference(alike, width), strict=True))
    left = [name for alike in _alike(cut) for name in alike]
    cut |= dict(zip(left, _numbered(left, width), strict=True))
    return [cut[name] for name in names]


def _at_one_place(names: Sequence[str], width: int) -> list[str]:
    """Cut all long names at the place, near the middle, that keeps most of them different."""
    places = sorted(range(width), key=lambda end: (abs(2 * end - width + 1), end))
    tried = ([_without_middle(name, width, end) for name in names] for end in places)
    return max(tried, key=lambda cut: len(set(cut)))


def _without_middle(name: str, width: int, end: int) -> str:
    """Return ``name`` in ``width`` characters, the last ``end`` of them from its end."""
    if len(name) <= width:
        return name
    return f"{name[: width - 1 - end]}{CUT}{name[len(name) - end :]}"


def _around_difference(names: Sequence[str], width: int) -> list[str]:
    """Return the start of each name and what follows the part that all names start with."""
    shared = next(
        (at for at, letters in enumerate(zip(*names, strict=False)) if len(set(letters)) > 1),
        min(map(len, names)),
    )
    start = min(shared, (width - 1) // 3)
    return [
        _without_end(f"{name[:start]}{CUT if shared > start else ''}{name[shared:]}", width)
        for name in names
    ]


def _without_end(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + CUT


def _numbered(names: Sequence[str], width: int) -> list[str]:
    """Return the start of each name and its number, which no name or other short form holds."""
    endings = [f"{CUT}#{number}" for number in range(1, len(names) + 1)]
    return [
        name[: max(width - len(end), 0)] + end for name, end in zip(names, endings, strict=True)
    ]


def _alike(cut: dict[str, str]) -> list[list[str]]:
    """Return the groups of names with equal short forms."""
    groups = defaultdict(list)
    for name, short in cut.items():
        groups[short].append(name)
    return [group for group in groups.values() if len(group) > 1]

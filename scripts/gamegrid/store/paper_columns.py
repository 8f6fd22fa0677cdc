"""Which columns of a table a paper prints, as a table's file or the user names them."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from gamegrid.errors import UserError, nearest

_CHOICE = re.compile(
    r"(?:(?P<label>[^=|\[\]]+?)\s*=\s*)?"
    r"(?P<names>\w+(?:\s*\|\s*\w+)*)"
    r"(?:\s*\[\s*(?P<low>\w+)\s*,\s*(?P<high>\w+)\s*\])?"
)
_BETWEEN = re.compile(r",(?![^\[]*\])")
_GROUP = re.compile(r"by\s+(\w+)\s*;")


@dataclass(frozen=True, slots=True)
class PaperColumn:
    """One printed column: the first of ``names`` that is known, with its interval if it has one."""

    label: str
    names: tuple[str, ...]
    ends: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class PaperColumns:
    """The printed columns of a table, the most important ones first."""

    group: str | None
    """The column whose values head groups of rows."""
    columns: tuple[PaperColumn, ...]


def parse(text: str, known: Collection[str], where: str) -> PaperColumns:
    """Read a choice such as ``by game; agent, result = score|mean_return [low, high], deals``.

    A column X whose table has X_low and X_high comes with that interval. ``known`` are the columns
    of the table. Raises UserError, which begins with ``where``, for a name that is none of them.
    """
    head = _GROUP.match(text.strip())
    rest = text.strip()[head.end() :] if head else text
    columns = tuple(_column(part.strip(), known, where) for part in _BETWEEN.split(rest))
    if head:
        _check([head[1]], known, where)
    return PaperColumns(head[1] if head else None, columns)


def _column(text: str, known: Collection[str], where: str) -> PaperColumn:
    found = _CHOICE.fullmatch(text)
    if found is None:
        raise UserError(
            f"{where}: {text!r} is no column. Write columns as in "
            f"'agent, score, result = strict_return [low, high]'."
        )
    names = tuple(re.split(r"\s*\|\s*", found["names"]))
    ends = (found["low"], found["high"]) if found["low"] else None
    _check([*names, *(ends or ())], known, where)
    named = (f"{names[0]}_low", f"{names[0]}_high")
    if ends is None and set(named) <= set(known):
        ends = named
    return PaperColumn(found["label"] or names[0].replace("_", " "), names, ends)


def _check(names: Collection[str], known: Collection[str], where: str) -> None:
    for name in names:
        if name not in known:
            raise UserError(f"{where}: there is no column {name!r}.{nearest(name, known)}")

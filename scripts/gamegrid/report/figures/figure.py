"""What a figure is: a query of the database, a drawing of its rows, and how to read it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import altair as alt

Row: TypeAlias = Mapping[str, Any]
"""One row of a figure's query, by column; NULL is None."""


class Section(StrEnum):
    """The parts of the page, in its order; each value is the heading."""

    STANDINGS = "Who plays best"
    GAMES = "Game by game"
    MOVES = "How good the moves are"
    REPLIES = "When replies fail"
    COST = "What it takes"
    REASONING = "What the models say"


@dataclass(frozen=True, slots=True)
class Panel:
    """One drawing of a figure: the page puts them side by side, a file below one another."""

    title: str
    chart: "alt.TopLevelMixin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure. Its rows are those of ``NAME.sql`` beside its module, ``NAME.py``.

    ``panels`` draws rows, at least one; it loads altair itself. The query computes nothing that
    the database's own views do not say: it chooses and puts in order.
    """

    name: str
    view: str
    """The view or table it shows, whose comments describe its columns; without it, no rows."""
    title: str
    section: Section
    place: int
    """Within the section, from 1."""
    meaning: str
    """What it shows, and what to take from it."""
    caution: str
    """When not to trust it."""
    empty: str
    """What stands in its place without rows."""
    panels: Callable[[Sequence[Row]], Sequence[Panel]]

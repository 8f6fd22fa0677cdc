"""What a figure is: rows of the database's tables, a drawing of them, and how to read it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

from gamegrid.report.figures.sketch import Drawing

if TYPE_CHECKING:
    import altair as alt

FigureRow: TypeAlias = Mapping[str, Any]
"""One row of a table or of a figure, by column; NULL is None."""
Tables: TypeAlias = Mapping[str, Sequence[FigureRow]]
"""The tables that a figure reads, by name, each in its own order."""


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
    """One drawing of a figure: the page puts them side by side, a file below one another.

    ``chart`` is one of altair's, at its own size, or a drawing that fits a given width.
    """

    title: str
    chart: "alt.TopLevelMixin | Drawing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure, as its module declares it in ``FIGURE``.

    ``rows`` chooses, joins and sorts what the database's tables hold; left out, the figure shows
    the rows of ``view``. It computes no result: every number that a figure rests on stands in a
    table. ``panels`` is called with at least one row.
    """

    name: str
    view: str
    """The table or view whose comments describe the columns. Without it there are no rows."""
    also: tuple[str, ...] = ()
    """Other tables that ``rows`` reads."""
    title: str
    section: Section
    place: int
    """Position within the section, from 1."""
    meaning: str
    """What the figure shows, and what to conclude from it."""
    caution: str
    """When not to trust it."""
    empty: str
    """The sentence to show if there are no rows."""
    rows: Callable[[Tables], Sequence[FigureRow]] | None = None
    panels: Callable[[Sequence[FigureRow]], Sequence[Panel]]

    def select(self, tables: Tables) -> Sequence[FigureRow]:
        """Return the figure's rows, given all of its tables."""
        return tables[self.view] if self.rows is None else self.rows(tables)

"""The one ranked list that the page opens with: every agent once, by rating."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from gamegrid.report.agents_shown import AgentShown, AgentsShown
from gamegrid.report.figures.figure import FigureRow

WIDTH = 100.0
"""The width of the drawing of a rating, in its own units."""

AIR = 5.0
"""Rating points beyond the outermost end of an interval."""


@dataclass(frozen=True, slots=True)
class RankedRow:
    """One agent of the list."""

    agent: AgentShown
    values: FigureRow
    """Its row of the leaderboard."""
    ranks: str
    """The ranks that the tests leave possible, in words."""
    at: float | None
    """Where its rating is drawn, from 0 to ``WIDTH``, like the ends of its interval. An end that is
    missing or far away is drawn at the edge."""
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class RankedSet:
    """Agents that matches link, or those without a rating, the strongest first."""

    rated: bool
    rows: tuple[RankedRow, ...]
    zero: float | None
    """Where the rating 0 is drawn; None if it is outside."""


def sets(board: Sequence[FigureRow], agents: AgentsShown) -> list[RankedSet]:
    """Return the rows of the leaderboard by rating set, all ratings on one scale."""
    scale = _Scale.of(board)
    return [
        RankedSet(
            rated=number is not None,
            rows=tuple(_row(row, agents, scale) for row in rows),
            zero=scale.place(0.0) if number is not None and scale.holds(0.0) else None,
        )
        for number, rows in groupby(agents.in_order(board), lambda row: row["rating_set"])
    ]


@dataclass(frozen=True, slots=True)
class _Scale:
    """A range that holds every rating, and every interval that is not much wider than it."""

    low: float
    high: float

    @classmethod
    def of(cls, board: Sequence[FigureRow]) -> "_Scale":
        columns = ("rating", "rating_low", "rating_high")
        known = [row[column] for row in board for column in columns if row[column] is not None]
        ratings = [row["rating"] for row in board if row["rating"] is not None] or [0.0]
        low, high = min(ratings), max(ratings)
        air = (high - low) / 2 or 200.0
        return cls(
            max(min(known, default=low) - AIR, low - air),
            min(max(known, default=high) + AIR, high + air),
        )

    def holds(self, rating: float) -> bool:
        return self.low <= rating <= self.high

    def place(self, rating: float) -> float:
        share = (rating - self.low) / (self.high - self.low)
        return round(WIDTH * min(max(share, 0.0), 1.0), 2)


def _row(row: FigureRow, agents: AgentsShown, scale: _Scale) -> RankedRow:
    rating, low, high = row["rating"], row["rating_low"], row["rating_high"]
    open_ended = low is None and high is None
    return RankedRow(
        agent=agents.by_name[row["agent"]],
        values=row,
        ranks=ranks(row["rank_low"], row["rank_high"]),
        at=None if rating is None else scale.place(rating),
        low=None if open_ended else 0.0 if low is None else scale.place(low),
        high=None if open_ended else WIDTH if high is None else scale.place(high),
    )


def ranks(low: int | None, high: int | None) -> str:
    """Return possible ranks in words: '2', or '2 to 4'; empty without a rank."""
    if low is None:
        return ""
    return str(low) if low == high else f"{low} to {high}"

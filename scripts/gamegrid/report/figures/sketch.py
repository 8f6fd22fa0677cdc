"""What a drawing is made for, and what it is: a chart, its message and the keys of its legend."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from gamegrid.report.agents_shown import AgentShown, AgentsShown
from gamegrid.report.palette import CATEGORIES, Colour
from gamegrid.store.short_names import shortened

if TYPE_CHECKING:
    import altair as alt

FONT_SIZE = 13
"""The size of all words in a drawing, in pixels."""
LETTER = 0.52 * FONT_SIZE
"""The usual width of a letter in pixels; a line of words is hardly ever wider."""
NARROW = 345
"""The width of a drawing, in pixels, that fits the screen of a phone and a third of the page."""
LETTERS = 20
"""The longest name in a narrow drawing, in characters."""
SEVERAL = 500
"""The width in pixels from which names are shown at the length that the page uses."""


class Mark(StrEnum):
    """What a key of the legend looks like."""

    DOT = "dot"
    RING = "ring"
    LINE = "line"
    BAR = "bar"
    RAMP = "ramp"


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of a legend. Only a ramp has several colours, and words at both ends."""

    mark: Mark
    colours: tuple[Colour, ...]
    label: str
    before: str = ""
    """The words at the lower end of a ramp."""
    shape: str = "circle"
    """Vega's name of the shape of a dot, or of the dots on a line."""
    dash: tuple[int, ...] = ()
    """How a line is dashed, in pixels."""
    height: float = 1.0
    """The height of a bar as a share of the row."""


@dataclass(frozen=True)
class Look:
    """What a drawing is made for."""

    agents: AgentsShown
    width: float = NARROW
    """The width of the whole drawing in pixels, labels included."""

    @cached_property
    def _short(self) -> dict[str, str]:
        names = [each.agent for each in self.agents.agents]
        return dict(
            zip(names, self._fitting([self.agents.label(name) for name in names]), strict=True)
        )

    def shown(self, agent: str) -> AgentShown:
        """Return how to show an agent, as the first one if the database does not list it."""
        found = self.agents.by_name.get(agent)
        if found is None:
            return AgentShown(agent, agent, CATEGORIES[0], "circle", (), bot=False)
        return found

    def labels(self, names: Sequence[str]) -> dict[str, str]:
        """Return what to write for each name: agents are called the same in every drawing."""
        known = self._short
        others = [name for name in names if name not in known]
        return known | dict(zip(others, self._fitting(others), strict=True))

    def _fitting(self, names: Sequence[str]) -> Sequence[str]:
        if self.width >= SEVERAL:
            return names
        short = shortened(names, LETTERS)
        return short if len(set(short)) == len(set(names)) else names


@dataclass(frozen=True, slots=True)
class Sketch:
    """A chart with its message in words, for readers who do not see it, and its keys."""

    chart: "alt.TopLevelMixin"
    message: str = ""
    keys: tuple[Key, ...] = ()


class Drawing(Protocol):
    """What draws one chart."""

    def draw(self, look: Look) -> Sketch:
        """Return the chart for a look."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """What an axis measures, and which values exist."""

    title: str
    limits: tuple[float | None, float | None] = (None, None)
    """The least and the greatest possible value: the axis never passes them."""
    shown: tuple[float, float] | None = None
    """The values from and to which the axis runs at least."""
    even: float | None = None
    """The value that separates gains from losses."""
    form: str = ".2f"
    """How values are written in words."""

    def domain(self, values: Sequence[float | None]) -> tuple[float, float]:
        """Return the range of an axis that holds the known ``values``, with some air."""
        known = [value for value in (*values, self.even) if value is not None]
        low, high = min(known, default=0.0), max(known, default=1.0)
        air = 0.06 * (high - low) or 1.0
        start, end = low - air, high + air
        if self.shown is not None:
            start = self.shown[0] if self.shown[0] <= low else start
            end = self.shown[1] if self.shown[1] >= high else end
        least, most = self.limits
        return (
            start if least is None else max(start, least),
            end if most is None else min(end, most),
        )


def share_of(title: str) -> Channel:
    """Return the channel of shares and scores, which lie between 0 and 1."""
    return Channel(title=title, limits=(0, 1), shown=(0, 1))

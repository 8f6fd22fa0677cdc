"""One episode as replays show it. None stands for what is unknown or absent."""

from dataclasses import dataclass

from gamegrid.report.boards import Spot


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownMessage:
    """A message that was sent to a model. ``left_out`` counts the characters that are not shown."""

    role: str
    text: str
    left_out: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownReply:
    """One reply of a model. ``failure`` is the kind of failure, None for a usable reply."""

    sent: tuple[ShownMessage, ...]
    """The whole prompt: the messages that the reply answers."""
    text: str
    reasoning: str | None
    """None also if the text contains the reasoning; ``within`` then says where."""
    within: tuple[int, int] | None
    """Where the reasoning is in the text: start and end, in UTF-16 code units as in JavaScript."""
    failure: str | None
    tokens: int | None
    """Completion tokens; None if the provider does not report them."""
    seconds: float | None
    left_out: int | None = None
    """Number of characters of text and reasoning left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One decision by one seat.

    ``labels`` are the legal moves. ``values`` and ``spots`` hold, for each of them, its value to
    the seat and its place on the drawing. ``label`` is the move, None for a forfeit, and ``spot``
    is its place. ``observation`` is the text the seat saw; a sample includes it only if there is no
    drawing.
    """

    seat: int
    labels: tuple[str, ...]
    values: tuple[float, ...] | None
    spots: tuple[Spot | None, ...] | None
    label: str | None
    spot: Spot | None
    status: str
    regret: float | None
    optimal: bool | None
    observation: str | None
    replies: tuple[ShownReply, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedText:
    """A text in the form ``name``, such as FEN or PGN."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayFrame:
    """A position and the decisions made in it; no decisions at the end of the episode."""

    drawing: str | None
    position: NamedText | None = None
    """The position in the game's standard notation."""
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """One seat's agent and result; returns in the game's units, scores from 0 to 1."""

    name: str
    agent: str
    model: bool
    """Whether a model decides, and not a bot."""
    return_: float | None
    score: float | None
    strict_score: float | None
    outcome: str | None
    """``win``, ``draw`` or ``loss``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueLine:
    """The value of a game to one seat, as pairs of ply and value, in the game's units."""

    seat: int
    points: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueGraph:
    """How the value of a game changed. ``low`` and ``high`` are its lowest and highest return."""

    low: float
    high: float
    lines: tuple[ValueLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEpisode:
    """One episode to show. Frame n is the position before the decisions of ply n."""

    episode_id: str
    game: str
    title: str
    matchup: str
    status: str
    outcome: str
    """A few words: who won or was ahead, draw, gain or loss; else the episode's status."""
    notes: tuple[str, ...]
    """Why the episode is interesting, and what is missing."""
    seats: tuple[Seat, ...]
    frames: tuple[ReplayFrame, ...]
    graph: ValueGraph | None = None
    record: NamedText | None = None
    """The whole game in its standard notation."""

"""Replays of episodes: what was on the board at every ply, who moved, and what was said.

The page's ``replays.jinja`` shows what ``replay_data`` returns; ``gamegrid replay`` shows
any one episode.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import jinja2
import pyspiel
from markupsafe import Markup

from gamegrid import games
from gamegrid.analysis.judge import Judge, judge_of, moves_in, replayed
from gamegrid.errors import UserError, nearest
from gamegrid.games.game import Game
from gamegrid.report import boards
from gamegrid.store.tables import connect

TEMPLATES = Path(__file__).parent / "templates"
EPISODES = 200
"""Episodes of a sample, at most."""
SIZE = 5_000_000
"""Characters of JSON that a sample stays under."""
CLIP = 20_000
"""Characters of a reply, and of its reasoning, that a sample shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer of a model. ``failure`` is what was wrong with it, None for a usable one."""

    text: str
    reasoning: str | None
    failure: str | None
    tokens: int | None
    """Completion tokens; None where they are not stated."""
    left_out: int | None = None
    """Characters of text and reasoning that are not shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One decision of one seat.

    ``moves`` are the legal moves with what each is worth to the seat, None where that is unknown.
    ``label`` is None for a forfeit. ``observation`` is what the seat was shown; a sample has it
    only where there is no drawing.
    """

    seat: int
    moves: tuple[tuple[str, float | None], ...]
    label: str | None
    status: str
    regret: float | None
    optimal: bool | None
    observation: str | None
    replies: tuple[Reply, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A position and what was decided in it; nothing at the end of the episode."""

    drawing: str | None
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Who sat where, and with what result (units: the game's own; score from 0 to 1)."""

    name: str
    agent: str
    return_: float | None
    score: float | None
    strict_score: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One episode to look at. Frame n is the position before the decisions of ply n."""

    episode_id: str
    game: str
    title: str
    matchup: str
    status: str
    outcome: str
    """A few words: who won or was ahead, draw, gain or loss, or the status if not complete."""
    notes: tuple[str, ...]
    """Why it is worth a look, and what is missing."""
    seats: tuple[Seat, ...]
    frames: tuple[Frame, ...]


def replay_data(database: Path, limit: int = EPISODES, size: int = SIZE) -> dict[str, Any]:
    """Return a sample of episodes in the form the page's script reads: plain values for JSON.

    The interesting ones come first, in turn from every game, matchup and outcome (sample.sql),
    until there are ``limit`` or their JSON has ``size`` characters. ``episodes`` holds them,
    ``played`` says how many there are in all, and ``drawings`` holds each drawing once. Raises
    duckdb.Error if ``database`` cannot be read.
    """
    with closing(connect(database)) as connection:
        rows = _chosen(connection, limit)
        shown = _Shown()
        for row in rows:
            if not shown.add(_episode(connection, row, CLIP), size):
                break
    return shown.data(played=rows[0].played if rows else 0)


def replay(database: Path, episode_id: str) -> Episode:
    """Return one episode, with every reply whole.

    Raises UserError if there is none of this id, duckdb.Error if ``database`` cannot be read.
    """
    with closing(connect(database)) as connection:
        rows = _chosen(connection, 1, only=episode_id)
        if not rows:
            known = [
                row[0] for row in connection.execute("SELECT episode_id FROM episodes").fetchall()
            ]
            raise UserError(
                f"{database} has no episode {episode_id!r}.{nearest(episode_id, known)}"
            )
        return _episode(connection, rows[0], None)


def page_data(episode: Episode) -> dict[str, Any]:
    """Return one episode in the form of ``replay_data``."""
    shown = _Shown()
    shown.add(episode, None)
    return shown.data(played=1)


def embedded(data: Any) -> str:
    """Return ``data`` as JSON that can stand in a script element: no text in it can end it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.translate({ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"})


def section(data: Mapping[str, Any]) -> str:
    """Return the section of a page that shows ``data``, as HTML.

    The page's style and script must hold ``replays.css`` and ``replays.js``.
    """
    loader = jinja2.FileSystemLoader(TEMPLATES)
    environment = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True)
    environment.filters["embedded"] = lambda value: Markup(embedded(value))
    return environment.get_template("replays.jinja").render(data=data)


class _Shown:
    """Episodes made ready for the page, each drawing kept once."""

    def __init__(self) -> None:
        self._drawings: dict[str, int] = {}
        self._episodes: list[dict[str, Any]] = []
        self._size = 0

    def add(self, episode: Episode, most: int | None) -> bool:
        """Add an episode, unless more than ``most`` characters would come together."""
        plain = asdict(episode, dict_factory=_known)
        size = len(embedded(plain))
        if most is not None and self._size + size > most:
            return False
        for frame in plain["frames"]:
            if "drawing" in frame:
                drawing = frame["drawing"]
                frame["drawing"] = self._drawings.setdefault(drawing, len(self._drawings))
        self._size += size
        self._episodes.append(plain)
        return True

    def data(self, played: int) -> dict[str, Any]:
        return {"played": played, "drawings": list(self._drawings), "episodes": self._episodes}


def _known(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """The fields of a record that are known, by their names in JSON."""
    return {name.rstrip("_"): value for name, value in pairs if value is not None}


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of sample.sql."""

    episode_id: str
    outcome: str
    regret: float | None
    not_own: int
    upset: bool
    played: int

    def notes(self) -> list[str]:
        """Why the episode is worth a look."""
        return [
            text
            for text, holds in (
                ("upset", self.upset),
                (
                    f"{self.not_own} move{'s' * (self.not_own > 1)} not the agent's own",
                    self.not_own,
                ),
                (f"regret of {self.regret:g} in one move" if self.regret else "", self.regret),
            )
            if holds
        ]


EPISODE = """
    SELECT game, load_string, matchup, status, plies, trajectory
    FROM episodes JOIN games USING (game) WHERE episode_id = ?
"""
SEATS = 'SELECT agent, "return", score, strict_score FROM seats WHERE episode_id = ? ORDER BY seat'
DECISIONS = """
    SELECT ply, seat, observation, legal, label, status, best_value, regret, optimal
    FROM decisions WHERE episode_id = ? ORDER BY ply, seat
"""
CALLS = """
    SELECT ply, seat, reply, reasoning, failure, completion_tokens
    FROM calls WHERE episode_id = ? ORDER BY ply, seat, attempt
"""

Line: TypeAlias = Mapping[str, Any]
"""One row of an answer, by column."""


def _chosen(
    connection: duckdb.DuckDBPyConnection, limit: int, only: str | None = None
) -> list[_Row]:
    sql = (files("gamegrid.report") / "sample.sql").read_text("utf-8")
    found = connection.execute(sql, {"limit": limit, "only": only}).fetchall()
    return [_Row(*row) for row in found]


def _lines(connection: duckdb.DuckDBPyConnection, sql: str, episode_id: str) -> list[Line]:
    found = connection.execute(sql, [episode_id])
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _episode(connection: duckdb.DuckDBPyConnection, row: _Row, clip: int | None) -> Episode:
    """Read one episode; of each text of a model ``clip`` characters, or all."""
    [told] = _lines(connection, EPISODE, row.episode_id)
    seated = _lines(connection, SEATS, row.episode_id)
    decided = _lines(connection, DECISIONS, row.episode_id)
    replies = _replies(_lines(connection, CALLS, row.episode_id), clip)
    notes = row.notes()
    try:
        game = games.load(told["load_string"])
        title, names = game.title, [game.seat_name(seat) for seat in range(len(seated))]
        frames = _drawn(game, told, decided, replies, whole=clip is None)
    except (UserError, pyspiel.SpielError) as error:  # a game of a plug-in, or of another version
        title, names = told["game"], [f"seat {seat}" for seat in range(len(seated))]
        frames = _told(decided, replies)
        notes.append(f"No board, as the game cannot be set up: {' '.join(str(error).split())}")
    return Episode(
        episode_id=row.episode_id,
        game=told["game"],
        title=title,
        matchup=told["matchup"],
        status=told["status"],
        outcome=row.outcome,
        notes=tuple(notes),
        seats=tuple(
            Seat(
                name=name,
                agent=seat["agent"],
                return_=seat["return"],
                score=seat["score"],
                strict_score=seat["strict_score"],
            )
            for name, seat in zip(names, seated, strict=True)
        ),
        frames=frames,
    )


Replies: TypeAlias = Mapping[tuple[int, int], Sequence[Reply]]
"""The answers of models by ply and seat, in the order they came."""


def _replies(calls: Sequence[Line], clip: int | None) -> Replies:
    found = dict[tuple[int, int], list[Reply]]()
    for call in calls:
        text, reasoning = call["reply"], call["reasoning"]
        shown, thought = text[:clip], reasoning and reasoning[:clip]
        reply = Reply(
            text=shown,
            reasoning=thought,
            failure=call["failure"],
            tokens=call["completion_tokens"],
            left_out=len(text) - len(shown) + len(reasoning or "") - len(thought or "") or None,
        )
        found.setdefault((call["ply"], call["seat"]), []).append(reply)
    return found


def _drawn(
    game: Game, told: Line, decided: Sequence[Line], replies: Replies, whole: bool
) -> tuple[Frame, ...]:
    """Every position with its drawing and what each legal move is worth there.

    Beside a drawing, only a ``whole`` replay has the observation of the seat too.

    Raises pyspiel.SpielError if the game does not know the moves.
    """
    judged = any(line["best_value"] is not None for line in decided)
    worth = _judge(game.load_string).values if judged else _unknown
    by_ply = _by_ply(decided)
    frames = list[Frame]()
    for ply, state in enumerate(_positions(game, told)):
        drawing = boards.draw(game, state)
        choices = tuple(
            _choice(line, replies, worth(state, line["seat"]), whole or drawing is None)
            for line in by_ply.get(ply, ())
        )
        frames.append(Frame(drawing=drawing, choices=choices))
    return tuple(frames)


def _unknown(state: pyspiel.State, seat: int) -> None:
    """What moves are worth in a game that nothing judged."""


def _told(decided: Sequence[Line], replies: Replies) -> tuple[Frame, ...]:
    """The frames of an episode whose positions are known by the words of its seats alone."""
    by_ply = _by_ply(decided)
    return tuple(
        Frame(drawing=None, choices=tuple(_choice(line, replies, None, True) for line in lines))
        for _, lines in sorted(by_ply.items())
    )


def _by_ply(lines: Sequence[Line]) -> dict[int, list[Line]]:
    found = dict[int, list[Line]]()
    for line in lines:
        found.setdefault(line["ply"], []).append(line)
    return found


def _choice(
    line: Line, replies: Replies, values: Mapping[int, float] | None, in_words: bool
) -> Choice:
    """One decision. ``values`` are by action, ascending as the labels are."""
    labels = json.loads(line["legal"])
    worth = (
        [None] * len(labels) if values is None else [values[action] for action in sorted(values)]
    )
    return Choice(
        seat=line["seat"],
        moves=tuple(zip(labels, worth, strict=True)),
        label=line["label"],
        status=line["status"],
        regret=line["regret"],
        optimal=line["optimal"],
        observation=line["observation"] if in_words else None,
        replies=tuple(replies.get((line["ply"], line["seat"]), ())),
    )


def _positions(game: Game, told: Line) -> Iterator[pyspiel.State]:
    """Every position in which somebody decided, ply by ply, and the last one.

    It is the same object each time and moves on. Raises pyspiel.SpielError on an illegal move.
    """
    trajectory = json.loads(told["trajectory"])
    # A forfeit is a decision without a move.
    played = told["plies"] - (told["status"] == "forfeited")
    state = None
    for _, state in replayed(game, trajectory, moves_in(game, trajectory) - played):
        yield state
    if state is not None and state.is_terminal():
        yield state


@cache
def _judge(load_string: str) -> Judge:
    return judge_of(games.load(load_string))

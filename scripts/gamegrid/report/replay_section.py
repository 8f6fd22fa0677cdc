"""Replays of episodes: each position, who moved, what each move was worth, what was said.

The page's ``replays.jinja`` shows the output of ``replay_data``. The command ``gamegrid replay``
shows any single episode.
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
from gamegrid.analysis.judge import (
    Judge,
    Move,
    MoveVerdict,
    judge_line,
    judge_of,
    moves_in,
    replayed,
)
from gamegrid.backends.backend import shallow
from gamegrid.errors import UserError, nearest
from gamegrid.games.game import Game, Oracle
from gamegrid.prompts import sandbox
from gamegrid.records.record_types import DecisionStatus, EpisodeRecord, EpisodeStatus
from gamegrid.report import boards
from gamegrid.store.tables import connect

TEMPLATES = Path(__file__).parent / "templates"
EPISODES = 200
"""Maximum number of episodes in a sample."""
SIZE = 5_000_000
"""Maximum number of characters of JSON in a sample."""
CLIP = 20_000
"""A sample truncates each reply, and its reasoning, to this many characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownReply:
    """One reply of a model. ``failure`` is the kind of failure, None for a usable reply."""

    text: str
    reasoning: str | None
    failure: str | None
    tokens: int | None
    """Completion tokens; None if the provider does not report them."""
    left_out: int | None = None
    """Number of characters of text and reasoning left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One decision by one seat.

    ``moves`` pairs each legal move with its value to the seat, None if unknown. ``label`` is None
    for a forfeit. ``observation`` is the text the seat saw; a sample includes it only if there is
    no drawing.
    """

    seat: int
    moves: tuple[tuple[str, float | None], ...]
    label: str | None
    status: str
    regret: float | None
    optimal: bool | None
    observation: str | None
    replies: tuple[ShownReply, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayFrame:
    """A position and the decisions made in it; no decisions at the end of the episode."""

    drawing: str | None
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """One seat's agent and result; returns in the game's units, scores from 0 to 1."""

    name: str
    agent: str
    return_: float | None
    score: float | None
    strict_score: float | None


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


def replay_data(database: Path, limit: int = EPISODES, size: int = SIZE) -> dict[str, Any]:
    """Return a sample of episodes as plain values, in the form the page's script reads.

    The sample takes turns between games, matchups and outcomes, interesting episodes first
    (sample.sql). It ends at ``limit`` episodes or ``size`` characters of JSON. The keys are
    ``episodes``, ``played`` (the number of episodes in the database) and ``drawings`` (each
    distinct drawing once). Raises UserError if ``database`` cannot be opened.
    """
    with closing(connect(database)) as connection:
        rows = _chosen(connection, limit)
        shown = _Shown()
        for row in rows:
            if not shown.add(_episode(connection, row, CLIP), size):
                break
    return shown.data(played=rows[0].played if rows else 0)


def replay(database: Path, episode_id: str) -> ShownEpisode:
    """Return one episode with every reply in full.

    Raises UserError if no episode has this id or ``database`` cannot be opened.
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


def of_record(game: Game, record: EpisodeRecord) -> ShownEpisode:
    """Return an episode that is in no database, judged if the game has an oracle."""
    verdicts = _verdicts(game, record)
    decided = [
        {**shallow(line), **shallow(verdicts.get((line.ply, line.seat), MoveVerdict()))}
        for line in record.decisions
    ]
    return ShownEpisode(
        episode_id=record.episode_id,
        game=record.game,
        title=game.title,
        matchup=record.matchup,
        status=record.status.value,
        outcome=record.status.value,
        notes=(),
        seats=tuple(
            Seat(
                name=game.seat_name(seat.seat),
                agent=seat.agent,
                return_=seat.return_,
                score=seat.score,
                strict_score=seat.strict_score,
            )
            for seat in record.seats
        ),
        frames=_drawn(
            game,
            {"trajectory": record.trajectory, "plies": record.plies, "status": record.status},
            decided,
            _replies([shallow(call) for call in record.calls], None),
            whole=True,
        ),
    )


def _verdicts(game: Game, record: EpisodeRecord) -> dict[tuple[int, int], MoveVerdict]:
    """Judge the decisions of a record, by (ply, seat); none without an oracle."""
    if game.oracle is Oracle.NONE:
        return {}
    trajectory = json.loads(record.trajectory)
    played = record.plies - (record.status is EpisodeStatus.FORFEITED)
    opening = moves_in(game, trajectory) - played
    own = (DecisionStatus.OK, DecisionStatus.RETHOUGHT)
    moves = [Move(d.ply, d.seat, d.action, d.status in own) for d in record.decisions]
    judged = judge_line(_judge(game.load_string), game, trajectory, opening, moves)
    return {(move.ply, move.seat): verdict for move, verdict in judged}


def page_data(episode: ShownEpisode) -> dict[str, Any]:
    """Return one episode in the form that ``replay_data`` returns."""
    shown = _Shown()
    shown.add(episode, None)
    return shown.data(played=1)


def embedded(data: Any) -> str:
    """Return ``data`` as JSON for a script element; no text in it can close the element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.translate({ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"})


def section(data: Mapping[str, Any]) -> str:
    """Return the HTML section of a page that shows ``data``.

    The page must include ``replays.css`` and ``replays.js``.
    """
    loader = jinja2.FileSystemLoader(TEMPLATES)
    environment = sandbox.environment(loader=loader, autoescape=True, trim_blocks=True)
    environment.filters["embedded"] = lambda value: Markup(embedded(value))
    return environment.get_template("replays.jinja").render(data=data)


class _Shown:
    """Collects episodes for the page and stores each drawing once."""

    def __init__(self) -> None:
        self._drawings: dict[str, int] = {}
        self._episodes: list[dict[str, Any]] = []
        self._size = 0

    def add(self, episode: ShownEpisode, most: int | None) -> bool:
        """Add an episode if the total stays within ``most`` characters; return whether it did."""
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
    """Return a record's fields that are not None, under their names in JSON."""
    return {name.rstrip("_"): value for name, value in pairs if value is not None}


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of sample.sql."""

    episode_id: str
    outcome: str
    regret: float | None
    not_own: int
    upset: bool
    played: int

    def notes(self) -> list[str]:
        """Return the reasons why the episode is interesting."""
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

QueryRow: TypeAlias = Mapping[str, Any]
"""One row of a query result, by column name."""


def _chosen(
    connection: duckdb.DuckDBPyConnection, limit: int, only: str | None = None
) -> list[_Row]:
    sql = (files("gamegrid.report") / "sample.sql").read_text("utf-8")
    rows = connection.execute(sql, {"limit": limit, "only": only}).fetchall()
    return [_Row(*row) for row in rows]


def _lines(connection: duckdb.DuckDBPyConnection, sql: str, episode_id: str) -> list[QueryRow]:
    answer = connection.execute(sql, [episode_id])
    names = [column[0] for column in answer.description or ()]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def _episode(connection: duckdb.DuckDBPyConnection, row: _Row, clip: int | None) -> ShownEpisode:
    """Read one episode; truncate each model text to ``clip`` characters unless it is None."""
    [record] = _lines(connection, EPISODE, row.episode_id)
    seated = _lines(connection, SEATS, row.episode_id)
    decided = _lines(connection, DECISIONS, row.episode_id)
    replies = _replies(_lines(connection, CALLS, row.episode_id), clip)
    notes = row.notes()
    try:
        game = games.load(record["load_string"])
        title, names = game.title, [game.seat_name(seat) for seat in range(len(seated))]
        frames = _drawn(game, record, decided, replies, whole=clip is None)
    except (UserError, pyspiel.SpielError) as error:  # the game of a plug-in or of another version
        title, names = record["game"], [f"seat {seat}" for seat in range(len(seated))]
        frames = _from_observations(decided, replies)
        notes.append(f"No board: the game cannot be loaded. {' '.join(str(error).split())}")
    return ShownEpisode(
        episode_id=row.episode_id,
        game=record["game"],
        title=title,
        matchup=record["matchup"],
        status=record["status"],
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


Replies: TypeAlias = Mapping[tuple[int, int], Sequence[ShownReply]]
"""Models' replies by (ply, seat), in the order they arrived."""


def _replies(calls: Sequence[QueryRow], clip: int | None) -> Replies:
    replies = dict[tuple[int, int], list[ShownReply]]()
    for call in calls:
        text, reasoning = call["reply"], call["reasoning"]
        shown, thought = text[:clip], reasoning and reasoning[:clip]
        reply = ShownReply(
            text=shown,
            reasoning=thought,
            failure=call["failure"],
            tokens=call["completion_tokens"],
            left_out=len(text) - len(shown) + len(reasoning or "") - len(thought or "") or None,
        )
        replies.setdefault((call["ply"], call["seat"]), []).append(reply)
    return replies


def _drawn(
    game: Game, record: QueryRow, decided: Sequence[QueryRow], replies: Replies, whole: bool
) -> tuple[ReplayFrame, ...]:
    """Return a frame for every position, with its drawing and the value of each legal move.

    Where there is a drawing, only a ``whole`` replay also includes the seats' observations. Raises
    pyspiel.SpielError if the game rejects the moves.
    """
    judged = any(line["best_value"] is not None for line in decided)
    worth = _judge(game.load_string).values if judged else _unknown
    by_ply = _by_ply(decided)
    frames = list[ReplayFrame]()
    for ply, state in enumerate(_positions(game, record)):
        drawing = boards.draw(game, state)
        choices = tuple(
            _choice(line, replies, worth(state, line["seat"]), whole or drawing is None)
            for line in by_ply.get(ply, ())
        )
        frames.append(ReplayFrame(drawing=drawing, choices=choices))
    return tuple(frames)


def _unknown(state: pyspiel.State, seat: int) -> None:
    """Return no values, for a game that was not judged."""


def _from_observations(decided: Sequence[QueryRow], replies: Replies) -> tuple[ReplayFrame, ...]:
    """Return the frames of an episode whose game cannot be set up, from its observations alone."""
    by_ply = _by_ply(decided)
    return tuple(
        ReplayFrame(
            drawing=None, choices=tuple(_choice(line, replies, None, True) for line in lines)
        )
        for _, lines in sorted(by_ply.items())
    )


def _by_ply(lines: Sequence[QueryRow]) -> dict[int, list[QueryRow]]:
    by_ply = dict[int, list[QueryRow]]()
    for line in lines:
        by_ply.setdefault(line["ply"], []).append(line)
    return by_ply


def _choice(
    line: QueryRow, replies: Replies, values: Mapping[int, float] | None, in_words: bool
) -> Choice:
    """Build one decision. ``values`` is by action; labels are in ascending action order."""
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


def _positions(game: Game, record: QueryRow) -> Iterator[pyspiel.State]:
    """Yield every position in which somebody decided, ply by ply, then the final one.

    It yields the same object each time and changes it in between. Raises pyspiel.SpielError on an
    illegal move.
    """
    trajectory = json.loads(record["trajectory"])
    # A forfeit counts as a decision but adds no move.
    played = record["plies"] - (record["status"] == "forfeited")
    state = None
    for _, state in replayed(game, trajectory, moves_in(game, trajectory) - played):
        yield state
    if state is not None and state.is_terminal():
        yield state


@cache
def _judge(load_string: str) -> Judge:
    return judge_of(games.load(load_string))

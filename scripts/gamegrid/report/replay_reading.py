"""Read episodes from the database: each position, who moved, what each move was worth."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import duckdb
import pyspiel

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
from gamegrid.errors import UserError
from gamegrid.games.game import Game, Oracle
from gamegrid.records.record_types import DecisionStatus, EpisodeRecord, EpisodeStatus
from gamegrid.report import boards, queries
from gamegrid.report.boards import Spot
from gamegrid.report.replay_graph import value_graph
from gamegrid.report.replay_record import (
    Choice,
    NamedText,
    ReplayFrame,
    Seat,
    ShownEpisode,
    ValueGraph,
)
from gamegrid.report.replay_replies import Replies, shown_replies

QueryRow: TypeAlias = Mapping[str, Any]
"""One row of a query result, by column name."""


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A row of sample.sql. ``played`` is the number of episodes in the database."""

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


@dataclass(frozen=True, slots=True)
class _Played:
    """The part of an episode that needs its game."""

    title: str
    names: Sequence[str]
    frames: tuple[ReplayFrame, ...]
    graph: ValueGraph | None = None
    record: NamedText | None = None


def sample(
    connection: duckdb.DuckDBPyConnection, limit: int, only: str | None = None
) -> list[SampleRow]:
    """Return up to ``limit`` episodes, interesting ones first, or the one with the id ``only``."""
    rows = connection.execute(queries.text("sample"), {"limit": limit, "only": only}).fetchall()
    return [SampleRow(*row) for row in rows]


def read_episode(
    connection: duckdb.DuckDBPyConnection, row: SampleRow, clip: int | None
) -> ShownEpisode:
    """Read one episode; truncate each model text to ``clip`` characters unless it is None.

    An episode read whole, without ``clip``, also has the seats' observations where there is a
    drawing, and the places of all legal moves.
    """

    def lines(sql: str) -> list[QueryRow]:
        answer = connection.execute(sql, {"episode": row.episode_id})
        names = [column[0] for column in answer.description or ()]
        return [dict(zip(names, values, strict=True)) for values in answer.fetchall()]

    [episode] = lines(queries.text("replay_episode"))
    seated = lines(queries.with_outcomes("replay_seats"))
    decided = lines(queries.text("replay_decisions"))
    replies = shown_replies(lines(queries.text("replay_calls")), clip)
    notes = row.notes()
    try:
        game = games.load(episode["load_string"])
        played = _played(game, episode, seated, _Decisions(decided, replies, clip is None))
    except (UserError, pyspiel.SpielError) as error:  # the game of a plug-in or of another version
        played = _told(episode, seated, _Decisions(decided, replies, whole=True))
        notes.append(f"No board: the game cannot be loaded. {' '.join(str(error).split())}")
    return ShownEpisode(
        episode_id=row.episode_id,
        game=episode["game"],
        title=played.title,
        matchup=episode["matchup"],
        status=episode["status"],
        outcome=row.outcome,
        notes=tuple(notes),
        seats=tuple(_seat(name, seat) for name, seat in zip(played.names, seated, strict=True)),
        frames=played.frames,
        graph=played.graph,
        record=played.record,
    )


def of_record(game: Game, record: EpisodeRecord) -> ShownEpisode:
    """Return an episode that is in no database, judged if the game has an oracle."""
    verdicts = _verdicts(game, record)
    decided = [
        {**shallow(line), **shallow(verdicts.get((line.ply, line.seat), MoveVerdict()))}
        for line in record.decisions
    ]
    replies = shown_replies([shallow(call) for call in record.calls], None)
    asked = {call.seat for call in record.calls}
    outcomes = _outcomes(record)
    seated = [
        {**shallow(seat), "return": seat.return_, "model": seat.seat in asked, "outcome": outcome}
        for seat, outcome in zip(record.seats, outcomes, strict=True)
    ]
    played = _played(game, shallow(record), seated, _Decisions(decided, replies, whole=True))
    best = ", ".join(
        seat.agent for seat, outcome in zip(record.seats, outcomes, strict=True) if outcome == "win"
    )
    even = "draw" if "draw" in outcomes else "loss"
    complete = record.status is EpisodeStatus.COMPLETE
    return ShownEpisode(
        episode_id=record.episode_id,
        game=record.game,
        title=played.title,
        matchup=record.matchup,
        status=record.status.value,
        outcome=(f"{best} ahead" if best else even) if complete else record.status.value,
        notes=(),
        seats=tuple(_seat(name, seat) for name, seat in zip(played.names, seated, strict=True)),
        frames=played.frames,
        graph=played.graph,
        record=played.record,
    )


def _outcomes(record: EpisodeRecord) -> list[str | None]:
    """Return ``win``, ``draw`` or ``loss`` by seat; None if the episode has no result.

    Alone, a gain is a win. With others, the highest result wins, and equal ones are a draw.
    """
    results = [seat.return_ if seat.score is None else seat.score for seat in record.seats]
    known = [result for result in results if result is not None]
    if len(known) < len(results):
        return [None] * len(results)
    if len(known) == 1:
        return ["win" if known[0] > 0 else "draw" if known[0] == 0 else "loss"]
    best = max(known)
    top = "win" if known.count(best) == 1 else "draw"
    return [top if result == best else "loss" for result in known]


def _verdicts(game: Game, record: EpisodeRecord) -> dict[tuple[int, int], MoveVerdict]:
    """Judge the decisions of a record, by (ply, seat); none without an oracle."""
    if game.oracle is Oracle.NONE:
        return {}
    trajectory = json.loads(record.trajectory)
    opening = moves_in(game, trajectory) - _moves(shallow(record))
    own = (DecisionStatus.OK, DecisionStatus.RETHOUGHT)
    moves = [Move(d.ply, d.seat, d.action, d.status in own) for d in record.decisions]
    judged = judge_line(_judge(game.load_string), game, trajectory, opening, moves)
    return {(move.ply, move.seat): verdict for move, verdict in judged}


def _seat(name: str, row: QueryRow) -> Seat:
    return Seat(
        name=name,
        agent=row["agent"],
        model=row["model"],
        return_=row["return"],
        score=row["score"],
        strict_score=row["strict_score"],
        outcome=row["outcome"],
    )


@dataclass(frozen=True, slots=True)
class _Decisions:
    """An episode's decisions and replies. ``whole`` ones also tell what they could do without."""

    rows: Sequence[QueryRow]
    replies: Replies
    whole: bool

    def by_ply(self) -> dict[int, list[QueryRow]]:
        by_ply = dict[int, list[QueryRow]]()
        for row in self.rows:
            by_ply.setdefault(row["ply"], []).append(row)
        return by_ply

    def choice(
        self,
        row: QueryRow,
        values: tuple[float, ...] | None = None,
        spots: tuple[Spot | None, ...] | None = None,
        drawn: bool = False,
    ) -> Choice:
        """Return one decision; ``values`` and ``spots`` are in the order of its legal moves."""
        labels, label = tuple(json.loads(row["legal"])), row["label"]
        here = spots is not None and label in labels
        all_spots = spots is not None and any(spots) and (self.whole or values is not None)
        return Choice(
            seat=row["seat"],
            labels=labels,
            values=values,
            spots=spots if all_spots else None,
            label=label,
            spot=spots[labels.index(label)] if spots is not None and here else None,
            status=row["status"],
            regret=row["regret"],
            optimal=row["optimal"],
            observation=row["observation"] if self.whole or not drawn else None,
            replies=tuple(self.replies.get((row["ply"], row["seat"]), ())),
        )


def _played(
    game: Game, episode: QueryRow, seated: Sequence[QueryRow], decisions: _Decisions
) -> _Played:
    """Replay an episode. Raises pyspiel.SpielError if the game rejects the moves."""
    trajectory = json.loads(episode["trajectory"])
    frames = _frames(game, episode, decisions)
    returns = [seat["return"] for seat in seated]
    notation = boards.notation(game)
    record = None
    if notation is not None:
        names = [seat["agent"] for seat in seated]
        record = NamedText(name=notation.record_name, text=notation.record(game, trajectory, names))
    return _Played(
        title=game.title,
        names=[game.seat_name(seat) for seat in range(len(seated))],
        frames=frames,
        graph=value_graph(game, decisions.rows, returns, len(frames) - 1),
        record=record,
    )


def _told(episode: QueryRow, seated: Sequence[QueryRow], decisions: _Decisions) -> _Played:
    """Tell an episode whose game cannot be set up from the seats' observations alone."""
    frames = tuple(
        ReplayFrame(drawing=None, choices=tuple(decisions.choice(row) for row in rows))
        for _, rows in sorted(decisions.by_ply().items())
    )
    return _Played(episode["game"], [f"seat {seat}" for seat in range(len(seated))], frames)


def _frames(game: Game, episode: QueryRow, decisions: _Decisions) -> tuple[ReplayFrame, ...]:
    """Return a frame for every position in which somebody decided, then for the final one."""
    judged = any(row["best_value"] is not None for row in decisions.rows)
    worth = _values(game) if judged else _unknown
    notation = boards.notation(game)
    by_ply = decisions.by_ply()
    frames = list[ReplayFrame]()
    for ply, state in enumerate(_positions(game, episode)):
        drawing = boards.draw(game, state)
        choices = tuple(
            decisions.choice(
                row,
                values=worth(state, row["seat"]),
                spots=tuple(boards.spots(game, state, row["seat"])),
                drawn=drawing is not None,
            )
            for row in by_ply.get(ply, ())
        )
        position = None
        if notation is not None:
            position = NamedText(name=notation.position_name, text=notation.position(state))
        frames.append(ReplayFrame(drawing=drawing, position=position, choices=choices))
    return tuple(frames)


Values: TypeAlias = Callable[[pyspiel.State, int], tuple[float, ...] | None]
"""Return the value of each legal move of a seat, in the order of its labels; None if unknown."""


def _values(game: Game) -> Values:
    judge = _judge(game.load_string)

    def values(state: pyspiel.State, seat: int) -> tuple[float, ...] | None:
        worth = judge.values(state, seat)
        # Labels are in the order of actions.
        return None if worth is None else tuple(worth[action] for action in sorted(worth))

    return values


def _unknown(_: pyspiel.State, seat: int) -> None:
    """Return no values, for a game that was not judged."""


def _positions(game: Game, episode: QueryRow) -> Iterator[pyspiel.State]:
    """Yield every position in which somebody decided, ply by ply, then the final one.

    It yields the same object each time and changes it in between. Raises pyspiel.SpielError on an
    illegal move.
    """
    trajectory = json.loads(episode["trajectory"])
    state = None
    opening = moves_in(game, trajectory) - _moves(episode)
    for _, state in replayed(game, trajectory, opening):
        yield state
    if state is not None and state.is_terminal():
        yield state


def _moves(episode: QueryRow) -> int:
    """Return the number of moves after the opening: a forfeit is a decision without a move."""
    return int(episode["plies"]) - int(episode["status"] == "forfeited")


@cache
def _judge(load_string: str) -> Judge:
    return judge_of(games.load(load_string))

"""Sentences about models whose moves are not their own, which readers must see before any rank."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb

from gamegrid.records.failure_advice import ADVICE, WORDS
from gamegrid.records.record_types import Failure

_CONDUCT = """
    SELECT
        agent, game, standing, reason, moves, own_moves, replies, failure, failure_replies,
        episodes, unfinished
    FROM model_conduct
    WHERE game IS NOT NULL
    ORDER BY agent, game
"""
GAMES_NAMED = 3
"""How many games a sentence names before it counts the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """What one model did in one game: a row of the table ``model_conduct``."""

    agent: str
    game: str
    standing: str
    reason: str | None
    moves: int
    own_moves: int
    replies: int
    failure: Failure | None
    failure_replies: int
    episodes: int
    unfinished: int

    @property
    def provisional(self) -> bool:
        """Whether its results in the game are provisional."""
        return self.standing == "provisional"

    @property
    def few_finished(self) -> bool:
        """Whether they are so because most of its episodes ended in an error."""
        return self.reason == "few_finished"


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence or a few about one model. ``bad``: its results are in no ranking."""

    text: str
    bad: bool


def read_conduct(connection: duckdb.DuckDBPyConnection) -> list[Conduct]:
    """Return a row for each model in each game."""
    rows = connection.execute(_CONDUCT).fetchall()
    return [_conduct(*row) for row in rows]


def _conduct(
    agent: str, game: str, standing: str, reason: str | None, moves: int, own_moves: int,
    replies: int, failure: str | None, failure_replies: int, episodes: int, unfinished: int,
) -> Conduct:  # fmt: skip
    return Conduct(
        agent=agent,
        game=game,
        standing=standing,
        reason=reason,
        moves=moves,
        own_moves=own_moves,
        replies=replies,
        failure=Failure(failure) if failure else None,
        failure_replies=failure_replies,
        episodes=episodes,
        unfinished=unfinished,
    )


def provisional_agents(rows: Iterable[Conduct]) -> list[str]:
    """Return the models with provisional results in any game, sorted."""
    return sorted({row.agent for row in rows if row.provisional})


def statements(rows: Sequence[Conduct]) -> list[Statement]:
    """Return the statements, those about provisional results first. Empty if there is no need."""
    games = defaultdict[str, list[Conduct]](list)
    for row in rows:
        games[row.agent].append(row)
    bad, warned = list[Statement](), list[Statement]()
    for own in games.values():
        for errors in (False, True):
            parts = [row for row in own if row.provisional and row.few_finished is errors]
            if parts:
                say = _unfinished if errors else _not_own
                bad.append(Statement(f"{_whose(parts, own)}: {say(parts)}", bad=True))
        mixed = [row for row in own if row.standing == "mixed"]
        if mixed:
            warned.append(Statement(f"{_whose(mixed, own)}: {_mixed(mixed)}", bad=False))
    return bad + warned


def _whose(parts: Sequence[Conduct], own: Sequence[Conduct]) -> str:
    """Return the agent's name, with the games unless they are all its games."""
    agent, games = parts[0].agent, [row.game for row in parts]
    if len(parts) == len(own) > 1 or len(own) == 1:
        return agent
    more = len(games) - GAMES_NAMED
    if more > 1:
        return f"{agent} in {', '.join(games[:GAMES_NAMED])} and {more} other games"
    head, last = games[:-1], games[-1]
    return f"{agent} in {', '.join(head)} and {last}" if head else f"{agent} in {last}"


def _not_own(rows: Sequence[Conduct]) -> str:
    failure, failed = _worst(rows)
    said = f"{_own(rows)}{_replies(rows, failure, failed)}. Its results are provisional: no rank."
    return f"{said} {ADVICE[failure]}" if failure else said


def _unfinished(rows: Sequence[Conduct]) -> str:
    episodes = sum(row.episodes for row in rows)
    finished = episodes - sum(row.unfinished for row in rows)
    return (
        f"{finished:,} of {episodes:,} episodes finished, the others ended in an error. Its "
        f"results are provisional: no rank. Run the same command again to play the rest."
    )


def _mixed(rows: Sequence[Conduct]) -> str:
    failure, failed = _worst(rows)
    return f"{_own(rows)}{_replies(rows, failure, failed)}. Strict scores show what this changes."


def _own(rows: Sequence[Conduct]) -> str:
    own, moves = sum(row.own_moves for row in rows), sum(row.moves for row in rows)
    return f"{own:,} of {moves:,} moves are its own"


def _replies(rows: Sequence[Conduct], failure: Failure | None, failed: int) -> str:
    if failure is None:
        return ""
    return f"; {failed:,} of {sum(row.replies for row in rows):,} replies {WORDS[failure]}"


def _worst(rows: Sequence[Conduct]) -> tuple[Failure | None, int]:
    """Return the most frequent failure of the games, and how many replies it is about."""
    counts = Counter[Failure]()
    for row in rows:
        if row.failure is not None:
            counts[row.failure] += row.failure_replies
    return counts.most_common(1)[0] if counts else (None, 0)

"""Fill the tables about the preregistered plan: its questions, and how far results depart from it.

A question is primary if a plan on file named it before any deal of its matchups was played. The
first plan that names a question counts for it, whatever later plans say.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import duckdb

from gamegrid.plan.deals import deals_of_shard
from gamegrid.records.duckdb_files import insert
from gamegrid.records.registrations import PlannedQuestions, Registration
from gamegrid.store.values import TableRow

Key: TypeAlias = tuple[str | None, str, str]
"""Game (None for all win_loss games together), agent and rival, the two sorted."""

_COUNTED = "SELECT game, agent, rival, deals FROM comparisons"
_SHARD = "SELECT shard FROM grid"
_WIN_LOSS = "SELECT game FROM games WHERE scoring = 'win_loss'"


class Deviation(StrEnum):
    """How results or a later plan depart from the plan."""

    LATE = "written after play"
    WITHDRAWN = "no longer planned"
    PLANNED_DEALS = "planned deals changed"
    MARGIN = "margin changed"
    DEALS = "other number of deals"
    NOT_COMPARED = "not compared"
    GAME_ADDED = "game added"
    MATCHUP_ADDED = "matchup added"
    MATCHUP_REMOVED = "matchup removed"
    SETTINGS = "settings changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question and the first plan that names it."""

    key: Key
    deals: int | None
    """The planned deals; None over games."""
    margin: float | None
    first: int
    """The place of the plan among all that are on file, from 0."""
    played: int
    """The number of its cells that were played before the plan was on file."""

    @property
    def primary(self) -> bool:
        """Whether the plan was on file before anything of it was played."""
        return self.played == 0


@dataclass(frozen=True, slots=True)
class Preregistration:
    """All plans on file, in order, and when tables were made."""

    plans: Sequence[Registration] = ()
    looks: Sequence[str] = ()
    """The times of the looks, in the form of ``Registration.at``."""

    def questions(self, win_loss: Iterable[str]) -> list[Question]:
        """Return each question that any plan names. ``win_loss``: the names of such games."""
        counted, found = frozenset(win_loss), dict[Key, Question]()
        for place, each in enumerate(self.plans):
            for key in _keys(each.plan):
                if key not in found:
                    cells = _cells(each.plan, key, counted)
                    deals, margin = _stated(each.plan, key)
                    found[key] = Question(
                        key=key,
                        deals=deals,
                        margin=margin,
                        first=place,
                        played=len(cells.keys() & each.played),
                    )
        return [found[key] for key in sorted(found, key=lambda key: (key[0] or "", *key[1:]))]

    def deviations(
        self,
        questions: Sequence[Question],
        counted: Mapping[Key, int],
        win_loss: Iterable[str],
        shard: str | None = None,
    ) -> Iterator[TableRow]:
        """Yield a row for every deviation.

        ``counted``: the deals behind each comparison. ``shard``: the part of the grid that is here;
        plans are of the whole grid.
        """
        for each in questions:
            yield from self._late(each)
            yield from self._changed(each)
            yield from _played_otherwise(each, counted, shard)
        yield from self._cells_changed(questions, frozenset(win_loss))

    def _late(self, question: Question) -> Iterator[TableRow]:
        if not question.primary:
            at = self.plans[question.first].at
            looks = sum(look < at for look in self.looks)
            yield _row(
                Deviation.LATE,
                question.key,
                found=f"{question.played} of its matchups played, {looks} looks taken",
                since=at,
            )

    def _changed(self, question: Question) -> Iterator[TableRow]:
        """Yield what the last plan says otherwise."""
        later = self.plans[question.first + 1 :]
        if not later:
            return
        if question.key not in _keys(later[-1].plan):
            gone = next(each for each in later if question.key not in _keys(each.plan))
            yield _row(Deviation.WITHDRAWN, question.key, since=gone.at)
            return
        before, after = (question.deals, question.margin), _stated(later[-1].plan, question.key)
        for at, kind in enumerate((Deviation.PLANNED_DEALS, Deviation.MARGIN)):
            if before[at] != after[at]:
                since = next(
                    each.at for each in later
                    if question.key in _keys(each.plan)
                    and _stated(each.plan, question.key)[at] != before[at]
                )  # fmt: skip
                planned, found = (_text(values[at]) for values in (before, after))
                yield _row(kind, question.key, planned=planned, found=found, since=since)

    def _cells_changed(
        self, questions: Sequence[Question], win_loss: frozenset[str]
    ) -> Iterator[TableRow]:
        """Yield the games and matchups that were added, taken out or changed, each once."""
        standing = [each for each in self.plans if each.plan.cells]
        if not standing:
            return
        last, seen = standing[-1], set[tuple[Deviation, str]]()
        first_games = _games(standing[0].plan)
        for game in sorted(_games(last.plan) - first_games):
            since = next(each.at for each in standing if game in _games(each.plan))
            yield _cell_row(Deviation.GAME_ADDED, game, None, since)
        for question in questions:
            begun = self.plans[question.first].plan
            before, after = (_cells(plan, question.key, win_loss) for plan in (begun, last.plan))
            for cell in sorted(before.keys() | after.keys()):
                kind = _change(before.get(cell), after.get(cell))
                game, matchup = cell.split("/")
                added_game = game not in _games(begun)
                if kind is None or added_game or (kind, cell) in seen:
                    continue
                seen.add((kind, cell))
                since = next(
                    each.at for each in standing
                    if each.at >= self.plans[question.first].at
                    and each.plan.cells.get(cell) != before.get(cell)
                )  # fmt: skip
                yield _cell_row(kind, game, matchup, since)


def fill_questions(connection: duckdb.DuckDBPyConnection, stated: Preregistration) -> None:
    """Fill ``registrations`` and ``planned_questions``, before the statistics that use them."""
    insert(
        connection,
        "registrations",
        [
            (
                each.at,
                each.plan.sha256,
                json.dumps(each.line["plan"], sort_keys=True),
                len(each.played),
                sum(look < each.at for look in stated.looks),
            )
            for each in stated.plans
        ],
    )
    insert(
        connection,
        "planned_questions",
        [
            (
                *each.key, each.deals, each.margin, each.primary, stated.plans[each.first].at,
                stated.plans[each.first].plan.sha256,
            )
            for each in stated.questions(_win_loss(connection))
        ],
    )  # fmt: skip


def fill_deviations(connection: duckdb.DuckDBPyConnection, stated: Preregistration) -> None:
    """Fill ``plan_deviations``, once the comparisons are there."""
    win_loss = _win_loss(connection)
    counted: dict[Key, int] = {
        (game, min(pair), max(pair)): deals
        for game, *pair, deals in connection.execute(_COUNTED).fetchall()
    }
    questions = stated.questions(win_loss)
    [shard] = connection.execute(_SHARD).fetchall()[0]
    found = stated.deviations(questions, counted, win_loss, shard)
    insert(connection, "plan_deviations", list(found))


def _win_loss(connection: duckdb.DuckDBPyConnection) -> list[str]:
    return [game for (game,) in connection.execute(_WIN_LOSS).fetchall()]


def _keys(plan: PlannedQuestions) -> list[Key]:
    games: list[str | None] = [*plan.games, *([None] if plan.over_games else [])]
    return [(game, *pair) for game in games for pair in plan.pairs]


def _stated(plan: PlannedQuestions, key: Key) -> tuple[int | None, float | None]:
    """Return the deals and the margin that a plan states for a question that it names."""
    if key[0] is None:
        return None, plan.over_games.margin if plan.over_games else None
    return plan.games[key[0]].deals, plan.games[key[0]].margin


def _cells(plan: PlannedQuestions, key: Key, win_loss: frozenset[str]) -> dict[str, str]:
    """Return the cells that a question rests on, with their digests."""
    game, *pair = key
    found = {}
    for cell, digest in plan.cells.items():
        name, matchup = cell.split("/")
        fits = name in win_loss if game is None else name == game
        if fits and set(pair).intersection(matchup.split("--")):
            found[cell] = digest
    return found


def _games(plan: PlannedQuestions) -> set[str]:
    return {cell.split("/")[0] for cell in plan.cells}


def _change(before: str | None, after: str | None) -> Deviation | None:
    match before, after:
        case None, _:
            return Deviation.MATCHUP_ADDED
        case _, None:
            return Deviation.MATCHUP_REMOVED
        case _ if before != after:
            return Deviation.SETTINGS
    return None


def _played_otherwise(
    question: Question, counted: Mapping[Key, int], shard: str | None
) -> Iterator[TableRow]:
    """Yield that a question has no comparison, or one on another number of deals."""
    whole, deals = question.deals, counted.get(question.key)
    planned = None if whole is None else len(deals_of_shard(whole, shard))
    if not deals:
        yield _row(Deviation.NOT_COMPARED, question.key, planned=_text(planned))
    elif planned is not None and deals != planned:
        yield _row(Deviation.DEALS, question.key, planned=_text(planned), found=_text(deals))


def _row(
    kind: Deviation,
    key: Key,
    planned: str | None = None,
    found: str | None = None,
    since: str | None = None,
) -> TableRow:
    return kind.value, *key, None, planned, found, since


def _cell_row(kind: Deviation, game: str, matchup: str | None, since: str) -> TableRow:
    return kind.value, game, None, None, matchup, None, None, since


def _text(value: float | None) -> str:
    return "none" if value is None else f"{value:g}"

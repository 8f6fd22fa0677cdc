"""Read the results of any system: CSV, a line per match and seat, or JSON, an object per match."""

import csv
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from gamegrid.errors import UserError, nearest
from gamegrid.stats.davidson import Matches
from gamegrid.stats.ratings import pairs_of_seats

NEEDED = ("match", "game", "agent")
OPTIONAL = ("seat", "deal", "family")
"""``seat``: lower numbers move first; without the column, nobody knows who moved first. ``deal`` is
equal for matches of a game with the same luck; by default, each match has its own. ``family`` is
equal for games that weigh as one; by default, each game is its own family."""
WORDS = {"win": 1.0, "draw": 0.5, "loss": 0.0}
RANKING = "ranking"
RESERVED = ("game", "deal", "family", RANKING)
"""The keys of a match in JSON that are not names of agents."""
CLOSE = 1e-6
"""The two shares of a match add up to 1 up to this."""


class Outcome(StrEnum):
    """What a file says about each seat; a column of this name in CSV."""

    RESULT = "result"
    """The share of the match that the seat won, 0 to 1, or a word of WORDS. Two seats only."""
    RANK = "rank"
    """The place, from 1 for the best. Equal ranks are ties."""
    RETURN = "return"
    """Any number; more is better."""


@dataclass(frozen=True, slots=True)
class _Seat:
    """What one seat of a match got; more is better."""

    agent: str
    seat: int | None
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Match:
    """One match, with its seats in order if they are known."""

    where: str
    """The place in the file, for messages."""
    game: str
    family: str
    deal: str
    outcome: Outcome
    seats: tuple[_Seat, ...]

    def scores(self) -> Iterator[tuple[str, str, float]]:
        """Yield the pairs of different agents: first, second and the score of the first."""
        values = [seat.value for seat in self.seats]
        pairs = (
            [(0, 1, (values[0] + 1 - values[1]) / 2)]
            if self.outcome is Outcome.RESULT
            else pairs_of_seats(values)
        )
        for low, high, score in pairs:
            one, other = self.seats[low], self.seats[high]
            if one.agent == other.agent:
                continue
            yield one.agent, other.agent, score
            # If nobody knows who moved first, the match counts in both orders: then no first
            # move is an advantage. Both are in one cluster, so this adds no certainty.
            if one.seat is None:
                yield other.agent, one.agent, 1 - score


def read_matches(path: Path) -> Matches:
    """Read matches from ``path``. A match of more than two seats becomes its pairs of seats.

    A CSV file needs the columns match, game, agent, and one of those of Outcome; those of OPTIONAL
    may be there, and others are ignored. A file whose name ends in .json holds a list of objects,
    one per match: a key ``game``, and either one key per agent with its score (two agents: shares
    that add up to 1; more agents: any numbers, more is better) or a key ``ranking`` with the list
    of agents from the best, where a list of agents is a tie. Matches of an agent with itself are
    left out. Raises UserError, which names the line or the match, for anything else.
    """
    read = _read_json if path.suffix.lower() == ".json" else _read_csv
    rows = [
        (match.game, match.family, match.deal, *scores)
        for match in _checked(read(path))
        for scores in match.scores()
    ]
    if not rows:
        raise UserError(f"{path} has no match between two different agents.")
    games, families, deals, firsts, seconds, scores = zip(*rows, strict=True)
    _check_families(path, games, families)
    agents, players = np.unique(np.array([*firsts, *seconds]), return_inverse=True)
    game = np.unique(np.array(games), return_inverse=True)[1]
    return Matches(
        agents=tuple(str(agent) for agent in agents),
        game=game,
        family=np.unique(np.array(families), return_inverse=True)[1],
        luck=game,
        deal=np.unique(np.array(deals), return_inverse=True)[1],
        first=players[: len(rows)],
        second=players[len(rows) :],
        score=np.array(scores),
    )


def _read_csv(path: Path) -> Iterator[_Match]:
    """Yield the matches of a CSV file."""
    by_match: dict[str, list[tuple[int, dict[str, str]]]] = defaultdict(list)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            columns = reader.fieldnames or ()
            outcome = _outcome_column(path, columns)
            needed = [*NEEDED, outcome.value, *(("seat",) if "seat" in columns else ())]
            for row in reader:
                fields = _fields(path, reader.line_num, row, needed)
                by_match[fields["match"]].append((reader.line_num, fields))
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} is not a CSV file in UTF-8: {error}.") from error
    for name, lines in by_match.items():
        yield _csv_match(path, name, lines, outcome)


def _outcome_column(path: Path, columns: Sequence[str]) -> Outcome:
    """Return the file's outcome. Raises UserError if a column is missing."""
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        hint = nearest(missing[0], columns)
        raise UserError(
            f"{path} has no column {missing[0]!r}; its first line must name {', '.join(NEEDED)}, "
            f"and one of {', '.join(Outcome)}.{hint}"
        )
    outcomes = [each for each in Outcome if each in columns]
    if len(outcomes) != 1:
        found = f"the columns {' and '.join(outcomes)}" if outcomes else "none of these columns"
        raise UserError(
            f"{path} must have exactly one of the columns {', '.join(Outcome)}; it has {found}."
        )
    return outcomes[0]


def _fields(
    path: Path, number: int, row: Mapping[str, str | None], needed: Sequence[str]
) -> dict[str, str]:
    """Return the fields of a line. Raises UserError if one that is needed is empty."""
    fields = {name: (row.get(name) or "").strip() for name in (*needed, *OPTIONAL)}
    empty = [name for name in needed if not fields[name]]
    if empty:
        raise UserError(f"{path}, line {number}: the column {empty[0]!r} is empty.")
    return fields


def _csv_match(
    path: Path, name: str, lines: Sequence[tuple[int, dict[str, str]]], outcome: Outcome
) -> _Match:
    """Return the match of some lines. Raises UserError if they do not agree on what it is."""
    where = f"{path}, line {lines[-1][0]}, match {name}"
    if len({(line["game"], line["family"], line["deal"]) for _, line in lines}) > 1:
        raise UserError(f"{where}: its lines name different games, families or deals.")
    seats = [
        _Seat(
            line["agent"],
            _seat_number(path, number, line["seat"]),
            _value(f"{path}, line {number}: {outcome}", line[outcome], outcome),
        )
        for number, line in lines
    ]
    known = [seat.seat for seat in seats if seat.seat is not None]
    if len(set(known)) < len(known):
        raise UserError(f"{where}: a seat appears twice; give each match a unique name.")
    first = lines[0][1]
    return _Match(
        where=where,
        game=first["game"],
        family=first["family"] or first["game"],
        deal=f"deal {first['deal']}" if first["deal"] else f"match {name}",
        outcome=outcome,
        seats=tuple(sorted(seats, key=lambda each: each.seat or 0)),
    )


def _seat_number(path: Path, line: int, text: str) -> int | None:
    """Return a seat; None if the file names no seats."""
    if not text:
        return None
    try:
        return int(text)
    except ValueError as error:
        raise UserError(
            f"{path}, line {line}: seat is {text!r}; it must be a whole number."
        ) from error


def _value(what: str, text: object, outcome: Outcome) -> float:
    """Return what a seat got as a number; more is better. ``what`` begins a message."""
    if outcome is Outcome.RESULT and isinstance(text, str) and text.lower() in WORDS:
        return WORDS[text.lower()]
    value = _number(text)
    match outcome:
        case Outcome.RESULT if 0 <= value <= 1:
            return value
        case Outcome.RANK if 1 <= value < float("inf"):
            return -value
        case Outcome.RETURN if np.isfinite(value):
            return value
        case Outcome.RESULT:
            allowed = f"{', '.join(WORDS)}, or a share from 0 to 1"
        case Outcome.RANK:
            allowed = "a number from 1, where 1 is the best"
        case Outcome.RETURN:
            allowed = "a finite number"
    raise UserError(f"{what} is {text!r}; it must be {allowed}.")


def _number(value: object) -> float:
    """Return ``value`` as a number; NaN if it is none."""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return float("nan")
    try:
        return float(value)
    except ValueError:
        return float("nan")


def _read_json(path: Path) -> Iterator[_Match]:
    """Yield the matches of a JSON file."""
    try:
        matches: Any = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise UserError(f"{path} is not a JSON file in UTF-8: {error}.") from error
    if not isinstance(matches, list):
        raise UserError(f"{path} must hold a list with one object for each match.")
    for number, match in enumerate(matches, 1):
        where = f"{path}, match {number}"
        if not isinstance(match, dict) or not isinstance(match.get("game"), str):
            raise UserError(f"{where}: it must be an object with the key 'game'.")
        yield _json_match(where, number, match)


def _json_match(where: str, number: int, match: Mapping[str, Any]) -> _Match:
    """Return one match. Raises UserError unless it has scores or a ranking."""
    agents = [key for key in match if key not in RESERVED]
    if RANKING in match and agents:
        raise UserError(f"{where}: it has both a ranking and the score of {agents[0]!r}.")
    if RANKING in match:
        outcome, seats = Outcome.RANK, _ranked(where, match[RANKING])
    else:
        outcome = Outcome.RESULT if len(agents) == 2 else Outcome.RETURN
        seats = [
            _Seat(agent, None, _value(f"{where}: the score of {agent!r}", match[agent], outcome))
            for agent in agents
        ]
    return _Match(
        where=where,
        game=match["game"],
        family=str(match.get("family", match["game"])),
        deal=f"deal {match['deal']}" if "deal" in match else f"match {number}",
        outcome=outcome,
        seats=tuple(seats),
    )


def _ranked(where: str, ranking: object) -> list[_Seat]:
    """Return the seats of a ranking, which is a list of agents or of lists of tied agents."""
    places = ranking if isinstance(ranking, list) else [ranking]
    seats = [
        (agent, rank)
        for rank, place in enumerate(places, 1)
        for agent in (place if isinstance(place, list) else [place])
    ]
    if not isinstance(ranking, list) or not all(isinstance(agent, str) for agent, _ in seats):
        raise UserError(
            f"{where}: its ranking must be a list of agents from the best; a list of agents in "
            f"place of one is a tie."
        )
    return [_Seat(agent, None, -rank) for agent, rank in seats]


def _checked(matches: Iterator[_Match]) -> Iterator[_Match]:
    """Yield the matches. Raises UserError for one that has too few seats or impossible results."""
    for match in matches:
        if len(match.seats) < 2:
            raise UserError(f"{match.where}: there is only one seat; a match has at least two.")
        if match.outcome is Outcome.RESULT:
            _check_results(match)
        yield match


def _check_results(match: _Match) -> None:
    """Raise UserError unless two seats share one match."""
    if len(match.seats) > 2:
        raise UserError(
            f"{match.where}: a match of more than two seats needs the column rank or return."
        )
    total = sum(seat.value for seat in match.seats)
    if abs(total - 1) > CLOSE:
        raise UserError(
            f"{match.where}: its results add up to {total:g}; they must be one win and one loss, "
            f"two draws, or two shares that add up to 1."
        )


def _check_families(path: Path, games: Sequence[str], families: Sequence[str]) -> None:
    """Raise UserError if a game belongs to two families."""
    known: dict[str, str] = {}
    for game, family in zip(games, families, strict=True):
        if known.setdefault(game, family) != family:
            raise UserError(
                f"{path}: the game {game!r} is in two families, {known[game]!r} and {family!r}; "
                f"it must be in one."
            )

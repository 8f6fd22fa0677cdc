"""Read the results of any system from a CSV file with one line per match and seat."""

import csv
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gamegrid.errors import UserError, nearest
from gamegrid.stats.davidson import Matches
from gamegrid.stats.ratings import pairs_of_seats

NEEDED = ("match", "game", "agent", "seat")
OUTCOMES = ("result", "return")
OPTIONAL = ("deal", "family")
"""``deal`` is equal for matches of a game with the same luck; by default, each match has its own.
``family`` is equal for games that weigh as one; by default, each game is its own family."""
RESULTS = {
    "win": 1.0,
    "1": 1.0,
    "1.0": 1.0,
    "draw": 0.5,
    "0.5": 0.5,
    "loss": 0.0,
    "0": 0.0,
    "0.0": 0.0,
}
CONSISTENT = ([0.0, 1.0], [0.5, 0.5])
"""The results that two seats of a match can have, sorted."""


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the file: one seat of one match."""

    number: int
    match: str
    game: str
    family: str
    deal: str
    agent: str
    seat: int
    value: float


def read_matches(path: Path) -> Matches:
    """Read matches from ``path``. A match of more than two seats becomes its pairs of seats.

    The file needs the columns match, game, agent and seat (a whole number), and either result (win,
    draw, loss or 1, 0.5, 0; two seats only) or return (any number, more is better). The columns
    deal and family are optional; others are ignored. Matches of an agent with itself are left out.
    Raises UserError, which names the line, for anything else.
    """
    rows: list[tuple[str, str, str, str, str, float]] = []
    outcome, matches = _lines_by_match(path)
    for lines in matches:
        _check_match(path, lines, outcome)
        for low, high, score in pairs_of_seats([line.value for line in lines]):
            one, other = lines[low], lines[high]
            if one.agent != other.agent:
                rows.append((one.game, one.family, one.deal, one.agent, other.agent, score))
    if not rows:
        raise UserError(f"{path} has no match between two different agents.")
    games, families, deals, firsts, seconds, scores = zip(*rows, strict=True)
    _check_families(path, games, families)
    agents, players = np.unique(np.array([*firsts, *seconds]), return_inverse=True)
    return Matches(
        agents=tuple(str(agent) for agent in agents),
        game=np.unique(np.array(games), return_inverse=True)[1],
        family=np.unique(np.array(families), return_inverse=True)[1],
        deal=np.unique(np.array(deals), return_inverse=True)[1],
        first=players[: len(rows)],
        second=players[len(rows) :],
        score=np.array(scores),
    )


def _lines_by_match(path: Path) -> tuple[str, list[list[_Line]]]:
    """Return the file's column out of OUTCOMES, and its lines by match, in the order of seats."""
    by_match: dict[str, list[_Line]] = defaultdict(list)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            outcome = _outcome_column(path, reader.fieldnames or ())
            for row in reader:
                line = _line(path, reader.line_num, row, outcome)
                by_match[line.match].append(line)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} is not a CSV file in UTF-8: {error}.") from error
    by_seat = [sorted(lines, key=lambda line: line.seat) for lines in by_match.values()]
    return outcome, by_seat


def _outcome_column(path: Path, columns: Sequence[str]) -> str:
    """Return the file's column out of OUTCOMES. Raises UserError if a column is missing."""
    allowed = ", ".join(NEEDED)
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        hint = nearest(missing[0], columns)
        raise UserError(
            f"{path} has no column {missing[0]!r}; its first line must name {allowed}, and result "
            f"or return.{hint}"
        )
    outcomes = [name for name in OUTCOMES if name in columns]
    if len(outcomes) != 1:
        raise UserError(
            f"{path} has {'both' if outcomes else 'neither'} of the columns result and return; it "
            f"must have exactly one of them."
        )
    return outcomes[0]


def _line(path: Path, number: int, row: dict[str, str | None], outcome: str) -> _Line:
    """Return one line of the file. Raises UserError for an empty or invalid value."""
    fields = {name: (row.get(name) or "").strip() for name in (*NEEDED, outcome, *OPTIONAL)}
    empty = [name for name in (*NEEDED, outcome) if not fields[name]]
    if empty:
        raise UserError(f"{path}, line {number}: the column {empty[0]!r} is empty.")
    try:
        seat = int(fields["seat"])
    except ValueError as error:
        raise UserError(
            f"{path}, line {number}: seat is {fields['seat']!r}; it must be a whole number."
        ) from error
    return _Line(
        number=number,
        match=fields["match"],
        game=fields["game"],
        family=fields["family"] or fields["game"],
        deal=f"deal {fields['deal']}" if fields["deal"] else f"match {fields['match']}",
        agent=fields["agent"],
        seat=seat,
        value=_value(path, number, fields[outcome], outcome),
    )


def _value(path: Path, number: int, text: str, outcome: str) -> float:
    """Return the result or return of a seat as a number."""
    if outcome == "result":
        if text.lower() not in RESULTS:
            raise UserError(
                f"{path}, line {number}: result is {text!r}; it must be win, draw or loss, or 1, "
                f"0.5 or 0."
            )
        return RESULTS[text.lower()]
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not np.isfinite(value):
        raise UserError(f"{path}, line {number}: return is {text!r}; it must be a finite number.")
    return value


def _check_match(path: Path, lines: list[_Line], outcome: str) -> None:
    """Raise UserError unless ``lines``, in the order of seats, form one match."""
    where = f"{path}, line {lines[-1].number}, match {lines[-1].match}"
    if len(lines) < 2:
        raise UserError(f"{where}: there is only one seat; a match has at least two.")
    if len({line.seat for line in lines}) < len(lines):
        raise UserError(f"{where}: a seat appears twice; give each match a unique name.")
    if len({(line.game, line.family, line.deal) for line in lines}) > 1:
        raise UserError(f"{where}: its lines name different games, families or deals.")
    if outcome == "result" and sorted(line.value for line in lines) not in CONSISTENT:
        raise UserError(
            f"{where}: its results must be one win and one loss, or two draws; matches of more "
            f"than two seats need the column return."
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

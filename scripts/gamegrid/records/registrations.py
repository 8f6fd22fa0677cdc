"""Record in results/preregistration.jsonl what was planned, and what had been played by then.

A plan that is written before its first deal cannot be fitted to results. Whoever plays or builds
tables notes the plan first; one line records it, the time, and the cells that were already played.
An equal plan is noted once. A plan that is taken out of the configuration is noted as empty.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gamegrid.errors import UserError

NAME = "preregistration.jsonl"

_STRICT = ConfigDict(extra="forbid", frozen=True)


class GamePlan(BaseModel):
    """What is planned in one game. ``margin`` is in the units of the pair's difference."""

    model_config = _STRICT

    deals: Annotated[int, Field(ge=1)]
    margin: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None


class MeanPlan(BaseModel):
    """What is planned over all win_loss games."""

    model_config = _STRICT

    margin: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None


class PlannedQuestions(BaseModel):
    """A plan: the pairs, each sorted, that are compared in each of ``games`` and over games."""

    model_config = _STRICT

    pairs: tuple[tuple[str, str], ...] = ()
    games: Mapping[str, GamePlan] = {}
    over_games: MeanPlan | None = None
    cells: Mapping[str, str] = {}
    """By cell of the whole grid, as GAME/MATCHUP: the SHA-256 of all that changes its results."""

    @property
    def sha256(self) -> str:
        """The digest of the plan as canonical JSON."""
        return _digest(self.model_dump(mode="json"))


@dataclass(frozen=True, slots=True)
class Registration:
    """One line of the file."""

    at: str
    """When the plan was first seen: UTC, to the second, as the machine's clock had it."""
    plan: PlannedQuestions
    played: frozenset[str]
    """The cells with chunk files or a journal at that time, as GAME/MATCHUP."""

    @property
    def line(self) -> dict[str, Any]:
        """The line as JSON."""
        plan = self.plan.model_dump(mode="json")
        return {
            "at": self.at,
            "sha256": self.plan.sha256,
            "plan": plan,
            "played": sorted(self.played),
        }


def read(path: Path) -> list[Registration]:
    """Return all lines in the order of time; none without a file.

    An incomplete last line does not count. Raises UserError for a line that cannot be read or whose
    plan is not the one that its digest was made of.
    """
    return _lines(path.read_bytes(), path) if path.exists() else []


def note(results: Path, plan: PlannedQuestions | None) -> None:
    """Record the plan unless it is the last one on file. Call this before anything is played.

    ``plan`` is None for a configuration without one: nothing is recorded if there never was one.
    """
    path = results / NAME
    if plan is None and not path.exists():
        return
    stated = plan or PlannedQuestions()
    known = read(path)
    if known and known[-1].plan == stated:
        return
    now = datetime.now(UTC).isoformat(timespec="seconds")
    _add(path, [Registration(now, stated, _played(results))], only_new=True)


def merge(theirs: Path, ours: Path) -> None:
    """Add the lines that only ``theirs`` has to ``ours``."""
    if lines := read(theirs):
        _add(ours, lines, only_new=False)


def _played(results: Path) -> frozenset[str]:
    patterns = {"chunks": "*/*/*.parquet", "journal": "*/*/*.jsonl"}
    return frozenset(
        path.parent.relative_to(results / folder).as_posix()
        for folder, pattern in patterns.items()
        for path in (results / folder).glob(pattern)
        if path.stat().st_size
    )


def _add(path: Path, lines: Sequence[Registration], *, only_new: bool) -> None:
    """Append lines under a lock: several jobs may begin at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        text = file.read()
        file.truncate(text.rfind(b"\n") + 1)
        known = _lines(text, path)
        for each in lines:
            last = known[-1].plan if known else None
            if each.plan == last if only_new else each in known:
                continue
            file.write(json.dumps(each.line, ensure_ascii=True).encode() + b"\n")
            known.append(each)
        file.flush()
        os.fsync(file.fileno())


def _lines(text: bytes, path: Path) -> list[Registration]:
    whole = text[: text.rfind(b"\n") + 1].splitlines()
    lines = [_line(json_line, number, path) for number, json_line in enumerate(whole, 1)]
    return sorted(lines, key=lambda each: each.at)


def _line(text: bytes, number: int, path: Path) -> Registration:
    """Read one line. Raises UserError."""
    try:
        stated = json.loads(text)
        registration = Registration(
            datetime.fromisoformat(stated["at"]).astimezone(UTC).isoformat(timespec="seconds"),
            PlannedQuestions.model_validate(stated["plan"]),
            frozenset(map(str, stated["played"])),
        )
    except (ValueError, TypeError, KeyError, RecursionError, ValidationError) as error:
        raise UserError(
            f"{path}: line {number} is not a preregistration. Restore the file from a copy, or "
            f"remove the line; its plan then counts as written now."
        ) from error
    if stated.get("sha256") != registration.plan.sha256:
        raise UserError(
            f"{path}: line {number} was edited: its plan has the SHA-256 "
            f"{registration.plan.sha256}, the line states {stated.get('sha256')!r}. Restore the "
            f"file from a copy."
        )
    return registration


def _digest(stated: Mapping[str, Any]) -> str:
    text = json.dumps(stated, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()

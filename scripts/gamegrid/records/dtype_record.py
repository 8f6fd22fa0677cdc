"""Record in results/dtypes.jsonl the number format in which each local model computes.

Where a model's entry leaves the format open, the machine decides. Replies in another format would
differ, even greedy ones, and a run may go on elsewhere. So the first job that loads a model records
the format, and all jobs of these results keep to it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from gamegrid.records.first_lines import FirstLines, now

NAME = "dtypes.jsonl"


@dataclass(frozen=True, slots=True)
class Fixed:
    """One line of the file: what was recorded of a model, once and for all."""

    at: str
    """UTC, ISO 8601."""
    model: str
    """The model's id."""
    model_entry: dict[str, Any]
    """What its entry says of its weights, as in the keys of replies."""
    dtype: str


def _key(model: str, model_entry: Mapping[str, Any]) -> str:
    return json.dumps([model, dict(model_entry)], sort_keys=True)


_LINES = FirstLines(
    TypeAdapter(Fixed),
    key=lambda fixed: _key(fixed.model, fixed.model_entry),
    unfit="has a line that is no record of a model's dtype. Restore the file from a copy. If you "
    "remove it, the next job may compute in another dtype than the replies on file.",
)


def fix(
    results: Path, model: str, model_entry: Mapping[str, Any], choose: Callable[[], str]
) -> str:
    """Return the dtype on record for a model. If there is none, record what ``choose`` returns.

    Raises UserError for a file that cannot be read, and what ``choose`` raises.
    """

    def first() -> Fixed:
        return Fixed(now(), model, dict(model_entry), choose())

    return _LINES.fix(results / NAME, _key(model, model_entry), first).dtype


def find(results: Path, model: str, model_entry: Mapping[str, Any]) -> str | None:
    """Return the dtype on record for a model, or None."""
    fixed = _LINES.read(results / NAME).get(_key(model, model_entry))
    return None if fixed is None else fixed.dtype


def merge(theirs: Path, ours: Path) -> None:
    """Record in ``ours`` the models that only ``theirs`` has on record; both are results folders.

    Raises UserError for a file that cannot be read.
    """
    for fixed in _LINES.read(theirs / NAME).values():
        _LINES.fix(ours / NAME, _key(fixed.model, fixed.model_entry), partial(replace, fixed))

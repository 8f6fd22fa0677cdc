"""What an error means, by its codes and words, read from ``error_signs.toml``."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from gamegrid.backends.error_bodies import StatedError

TABLE = Path(__file__).with_suffix(".toml")
BAD_REQUEST = 400
"""An error without a status is read as one of this status."""


class Trouble(StrEnum):
    """What a server complains about."""

    FLAGGED = "flagged"
    """This prompt or its reply was held back by a filter."""
    OVERFLOW = "overflow"
    """This prompt does not fit the model's context."""
    TOO_LARGE = "too_large"
    """This prompt alone exceeds a limit of the account."""
    RATE = "rate"
    """Too many requests for now."""
    BUSY = "busy"
    """The server is overloaded."""
    SPENT = "spent"
    """The account has no credit or quota left."""
    KEY = "key"
    """The key is wrong."""
    ACCOUNT = "account"
    """The account, the key's permissions or the region rule this model out."""
    NO_MODEL = "no_model"
    """There is no such model or address."""
    STREAM_ONLY = "stream_only"
    """The server sends nothing but streams."""


@dataclass(frozen=True, slots=True)
class Sign:
    """How to know one kind of trouble; see the head of the table."""

    trouble: Trouble
    sources: Sequence[str]
    statuses: frozenset[int] = frozenset()
    codes: frozenset[str] = frozenset()
    words: re.Pattern[str] | None = None
    unless: re.Pattern[str] | None = None
    only_statuses: frozenset[int] = frozenset()
    not_statuses: frozenset[int] = frozenset()
    client_errors: bool = False
    unless_waiting: bool = False

    def fits(self, status: int | None, error: StatedError, *, waits: bool) -> bool:
        """Return whether an error shows this sign. ``waits``: it says how long to wait."""
        read_as = BAD_REQUEST if status is None else status
        if read_as in self.not_statuses or (
            self.only_statuses and read_as not in self.only_statuses
        ):
            return False
        if status in self.statuses or self.codes & error.codes:
            return True
        if self.words is None or (self.client_errors and read_as >= 500):
            return False
        if self.unless_waiting and waits:
            return False
        if self.unless is not None and self.unless.search(error.words):
            return False
        return self.words.search(error.words) is not None


@cache
def signs() -> tuple[Sign, ...]:
    """Return the table; the first sign that fits decides."""
    return tuple(map(_sign, tomllib.loads(TABLE.read_text(encoding="utf-8"))["sign"]))


def _sign(row: dict[str, Any]) -> Sign:
    sets = ("statuses", "codes", "only_statuses", "not_statuses")
    read: dict[str, Any] = {name: frozenset(row[name]) for name in sets if name in row}
    patterns = ("words", "unless")
    read |= {name: re.compile(row[name], re.IGNORECASE) for name in patterns if name in row}
    rest = {name: value for name, value in row.items() if name not in (*sets, *patterns)}
    return Sign(**rest | read | {"trouble": Trouble(row["trouble"])})


def trouble_of(status: int | None, error: StatedError, *, waits: bool = False) -> Trouble | None:
    """Return what an error means; None if neither its status nor its codes and words tell.

    ``status`` is that of the answer, or the one its body names; None for an error in a body of
    status 200 that names none.
    """
    found = (sign for sign in signs() if sign.fits(status, error, waits=waits))
    return next((sign.trouble for sign in found), None)

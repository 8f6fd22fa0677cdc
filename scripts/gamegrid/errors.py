"""Errors that users can fix. Anything else is a bug and keeps its stack trace."""

from collections.abc import Iterable
from difflib import get_close_matches


class UserError(Exception):
    """A mistake in the user's input, reported in one or two sentences without a stack trace.

    The message names the key or file, the value found, the values allowed, and the fix.
    """


def nearest(word: str, known: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` for the closest known name; empty if none is close."""
    matches = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f" Did you mean {matches[0]!r}?" if matches else ""

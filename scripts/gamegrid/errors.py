"""Errors a person can mend; everything else is a bug and keeps its stack trace."""

from collections.abc import Iterable
from difflib import get_close_matches


class UserError(Exception):
    """A mistake in the user's input, told in one or two sentences, without a stack trace.

    The text names the key or file, what was found, what is allowed and how to mend it.
    """


def nearest(word: str, known: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` for the known name nearest to ``word``, or an empty string."""
    found = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f" Did you mean {found[0]!r}?" if found else ""

"""Tells when a reply that is being generated has stated its answer, so that it may end there.

Only a reply that begins with its answer counts: words before an answer may make it an example or
take it back, and then the words after it matter.
"""

import json
import re

from gamegrid.backends.thinking import split

CLOSES = ("}", "\n")
"""What closes an answer: the end of a JSON object or of a line."""

_BEFORE = re.compile(r"\s*(?:```\w*\s*)?")
_LINE = re.compile(r"[*_`#>\s]*action[*_`\s]*:[*_`\s]*\w[^\n]*\n", re.IGNORECASE)


def is_answered(reply: str, *, thinks: bool) -> bool:
    """Return whether a reply begins with an answer and the answer is complete.

    An answer is a JSON object with an ``action``, or an ``Action:`` line. ``thinks`` says that
    thinking is to be expected before it.
    """
    parts = split(reply)
    if thinks and not parts.thinking:
        return False
    start = _BEFORE.match(parts.answer)
    answer = parts.answer[start.end() if start else 0 :]
    return _is_object(answer) if answer.startswith("{") else _LINE.match(answer) is not None


def _is_object(answer: str) -> bool:
    try:
        value, _ = json.JSONDecoder().raw_decode(answer)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and isinstance(value.get("action"), str | int | float)

"""Tells whether a reply that a server held to the legal moves is complete, however it ended."""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from gamegrid.backends.thinking import split
from gamegrid.backends.transport import MOVE
from gamegrid.prompts.parser import without_tokens
from gamegrid.prompts.statements import TURN_END

CONSTRAINTS = frozenset({"response_format", "structured_outputs"})
"""Parameters of a request that hold a reply to the moves."""
CUE = "Action:"


def was_held(sent: Mapping[str, Any] | None) -> bool:
    """Return whether the parameters sent, if known, held the reply to the moves."""
    return sent is not None and not CONSTRAINTS.isdisjoint(sent)


def is_complete(reply: str, labels: Sequence[str]) -> bool:
    """Return whether a reply is a whole answer that nothing but spaces and end tokens follow.

    Text that follows shows that the server did not hold the reply to the moves. A label without
    JSON around it may be the start of a longer one.
    """
    answer = without_tokens(split(reply).answer).replace(TURN_END, " ").strip()
    if not answer.startswith("{"):
        said = answer.removeprefix(CUE).strip()
        longer = any(label.startswith(said) for label in labels if label != said)
        return said in labels and not longer
    try:
        value, end = json.JSONDecoder().raw_decode(answer)
    except (ValueError, RecursionError):
        return False
    only_spaces = all(unicodedata.category(c)[0] in "ZC" for c in answer[end:])
    return only_spaces and isinstance(value, dict) and value.get(MOVE) in labels

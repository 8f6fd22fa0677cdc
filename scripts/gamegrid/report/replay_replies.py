"""The replies of models as replays show them: the prompt, the text and the reasoning, once each."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from gamegrid.report.replay_record import ShownMessage, ShownReply

Replies: TypeAlias = Mapping[tuple[int, int], Sequence[ShownReply]]
"""Models' replies by (ply, seat), in the order they arrived."""


def shown_replies(calls: Sequence[Mapping[str, Any]], clip: int | None) -> Replies:
    """Return the replies of the rows of replay_calls.sql.

    Each message, text and reasoning is truncated to ``clip`` characters unless it is None.
    """
    replies = dict[tuple[int, int], list[ShownReply]]()
    for call in calls:
        replies.setdefault((call["ply"], call["seat"]), []).append(_reply(call, clip))
    return replies


def _reply(call: Mapping[str, Any], clip: int | None) -> ShownReply:
    text, reasoning = call["reply"], call["reasoning"] or ""
    shown, thought = text[:clip], reasoning[:clip]
    within = _within(thought, shown)
    left_out = len(text) - len(shown)
    if within is None:
        left_out += len(reasoning) - len(thought)
    return ShownReply(
        sent=tuple(_message(message, clip) for message in json.loads(call["messages"])),
        text=shown,
        reasoning=thought if thought and within is None else None,
        within=within,
        failure=call["failure"],
        tokens=call["completion_tokens"],
        seconds=call["latency_s"],
        left_out=left_out or None,
    )


def _message(message: Mapping[str, str], clip: int | None) -> ShownMessage:
    text = message["content"]
    shown = text[:clip]
    return ShownMessage(role=message["role"], text=shown, left_out=len(text) - len(shown) or None)


def _within(reasoning: str, text: str) -> tuple[int, int] | None:
    """Return where a reply's text contains its reasoning, as it is or as a JSON string."""
    if not reasoning:
        return None
    for ascii_only in (False, True):
        for form in (reasoning, json.dumps(reasoning, ensure_ascii=ascii_only)[1:-1]):
            start = text.find(form)
            if start >= 0:
                before = _units(text[:start])
                return before, before + _units(form)
    return None


def _units(text: str) -> int:
    """Return the length of a text in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2

"""Reads chat completions in OpenAI's format: the completion, or the fault of an unusable body."""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeGuard

from gamegrid import quick_json
from gamegrid.backends.backend import Completion, FinishReason, Usage
from gamegrid.backends.content_parts import split_parts
from gamegrid.backends.error_bodies import error_in
from gamegrid.backends.event_stream import assembled
from gamegrid.backends.faults import Asked, Blame, Fault, page_title, read_error_in_answer
from gamegrid.backends.finish_reasons import Ending, ending, stated_reasons, worst
from gamegrid.backends.providers import Secrets

log = logging.getLogger(__name__)

Note = Callable[[str], None]
"""Logs a remark about an answer."""

MOST_TOKENS = 10**9
"""No request has more tokens; a greater count is an error, such as an unsigned -1."""
LONGEST_NAME = 500
_QUOTED = (Ending.BROKEN_OFF, Ending.UNKNOWN)
"""Endings whose remarks repeat the server's word."""


def read_body(
    text: str,
    latency_s: float,
    secrets: Secrets,
    *,
    asked: Asked | None = None,
    note: Note = log.warning,
) -> Completion | Fault:
    """Return the completion in a delivered body, with ``text`` as its ``raw``.

    ``asked`` helps to interpret an error in the body. ``note`` is called with remarks about values
    that make no sense.
    """

    def lost(what: str) -> Fault:
        return Fault(Blame.MAYBE_BILLED, what, status=200, body=text)

    body = parsed(text)
    if isinstance(body, list) and len(body) == 1:
        body = body[0]
    if not isinstance(body, dict):
        return lost(_unreadable(text, body, secrets))
    if (error := error_in(body)) is not None:
        return read_error_in_answer(error, text, asked or Asked(secrets))
    choice, reasons = first_choice(body), stated_reasons(body)
    end = worst(map(ending, reasons))
    # Only a strange ending is quoted.
    word = secrets.quote(stated(reasons, end)) if end in _QUOTED else ""
    if fault := _faulty(choice, end, word):
        return lost(fault)
    message = choice["message"] if choice else {}
    said, declined = text_of(message.get("content")), message.get("refusal")
    if end in (Ending.STOP, Ending.UNSTATED) and not said and message.get("tool_calls"):
        end = Ending.TOOL_CALLS
    if end is Ending.UNKNOWN:
        note(unknown_reason(word))
    return Completion(
        text=said or ("" if declined is True else text_of(declined)),
        finish_reason=FinishReason.REFUSED if declined else end.finish_reason,
        reasoning=reasoning_of(message),
        model_served=name_of(body, "model", note),
        fingerprint=name_of(body, "system_fingerprint", note),
        usage=_usage(body.get("usage"), note),
        latency_s=latency_s,
        raw=text,
    )


def _unreadable(text: str, body: object, secrets: Secrets) -> str:
    """Return a sentence about a body that is no JSON object."""
    if body is not None or text.strip() == "null":
        return "the answer is not a JSON object."
    if (page := page_title(text)) is not None:
        return f"the address answers with {page}, not with a completion. Check api_base."
    return f"the answer is unreadable ({secrets.quote(text[:200])})."


def _faulty(choice: Mapping[str, Any] | None, end: Ending, word: str) -> str | None:
    """Return a sentence about an answer that is no reply of the model; None if it is one."""
    if choice is None:
        # A filter or a limit may leave nothing of a reply.
        ended = end in (Ending.CONTENT_FILTER, Ending.LENGTH)
        return None if ended else "the answer has no choices."
    if end is Ending.BROKEN_OFF:
        return f"the server broke off its answer ({word})."
    message = choice["message"]
    parts = ("content", "refusal", "reasoning_content", "reasoning", "tool_calls")
    if end is Ending.UNSTATED and not any(message.get(part) for part in parts):
        return "the answer has neither a text nor a finish reason."
    return None


def parsed(text: str) -> Any:
    """Return the JSON in a body, or what a stream of JSON amounts to; None if there is neither."""
    try:
        return quick_json.loads(text)
    except (ValueError, RecursionError):
        return assembled(text)


def stated(reasons: list[Any], end: Ending) -> str:
    """Return the reason that an ending was read from, as the server states it."""
    reason = next((reason for reason in reasons if ending(reason) is end), None)
    return reason if isinstance(reason, str) else json.dumps(reason)


def unknown_reason(word: str) -> str:
    """Return the remark about a reason that the table of finish reasons does not have."""
    return (
        f"the server states the finish reason {word!r}, which gamegrid does not know. Such replies "
        "do not count as complete. Please report the word, and the server that uses it."
    )


def first_choice(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the first choice of an answer, with its message; None if it has neither."""
    choices = body.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, dict):
        return None
    if isinstance(choice.get("message"), dict):
        return choice
    # A chunk of a stream, a completion of the older kind, or a message that is only its text
    if isinstance(choice.get("delta"), dict):
        return choice | {"message": choice["delta"]}
    said = choice.get("message") or choice.get("text")
    return choice | {"message": {"content": said}} if isinstance(said, str) else None


def text_of(content: object) -> str:
    """Return a message's text, which servers send as a string, as parts or as null.

    Parts that hold thinking are left out; ``reasoning_of`` returns them. Anything else is returned
    as JSON, so that it is seen and not taken for an empty reply.
    """
    match content:
        case None:
            return ""
        case str(text):
            return text
        case list(parts):
            return split_parts(parts).answer
        case {"text": str(text)}:
            return text
        case _:
            return json.dumps(content)


def reasoning_of(message: Mapping[str, Any]) -> str | None:
    """Return reasoning that was delivered separately: under either of two keys or in parts."""
    text = message.get("reasoning_content") or message.get("reasoning")
    if isinstance(text, str) and text:
        return text
    content = message.get("content")
    return (split_parts(content).thinking if isinstance(content, list) else "") or None


def name_of(body: Mapping[str, Any], key: str, note: Note) -> str | None:
    """Return the name under a key; None if there is none or it is no text."""
    name = body.get(key)
    if not name:
        return None
    if not isinstance(name, str) or len(name) > LONGEST_NAME:
        note(f"the server states a {key!r} that is no name; it is recorded as unknown.")
        return None
    if name.isascii():
        return name
    # An escape such as \ud800 is half a character, which no file can store.
    return name.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _usage(stated: object, note: Note) -> Usage:
    if not isinstance(stated, dict):
        return Usage()
    asked = stated.get("prompt_tokens_details") or {}
    said = stated.get("completion_tokens_details") or {}
    cached = count_of(asked, "cached_tokens", note)
    if cached is None:
        cached = count_of(stated, "prompt_cache_hit_tokens", note)
    return Usage(
        prompt_tokens=count_of(stated, "prompt_tokens", note),
        completion_tokens=count_of(stated, "completion_tokens", note),
        reasoning_tokens=count_of(said, "reasoning_tokens", note),
        cached_tokens=cached,
    )


def count_of(stated: object, name: str, note: Note) -> int | None:
    """Return a number of tokens; None if it is missing or makes no sense."""
    count = stated.get(name) if isinstance(stated, dict) else None
    if count is None:
        return None
    if is_count(count):
        return int(count)
    note(f"the server states a {name!r} that is no number of tokens; it is recorded as unknown.")
    return None


def is_count(value: object) -> TypeGuard[int | float]:
    """Return whether a value is a possible number of tokens."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return value == value // 1 and 0 <= value <= MOST_TOKENS

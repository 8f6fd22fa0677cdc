"""Reads chat completions in OpenAI's format: the completion, or the fault of an unusable body."""

import json
from collections.abc import Mapping
from typing import Any

from gamegrid.backends.backend import Completion, FinishReason, Usage
from gamegrid.backends.content_parts import split_parts
from gamegrid.backends.faults import Blame, Fault, error_of
from gamegrid.backends.providers import Secrets

UNFINISHED = frozenset({"abort", "error"})
"""Finish reasons of a server that stopped before the answer was complete."""


def read_body(text: str, latency_s: float, secrets: Secrets) -> Completion | Fault:
    """Return the completion in a delivered body, with ``text`` as its ``raw``."""

    def lost(what: str) -> Fault:
        return Fault(Blame.MAYBE_BILLED, what, status=200, body=text)

    try:
        body = json.loads(text)
    except ValueError:
        return lost(f"the answer is unreadable ({secrets.quote(text[:200])}).")
    if not isinstance(body, dict):
        return lost("the answer is not a JSON object.")
    if body.get("error"):
        return lost(f"the server answered with an error ({secrets.quote(error_of(body)[0])}).")
    choice = first_choice(body)
    if choice is None:
        return lost("the answer has no choices.")
    if (stated := choice.get("finish_reason")) in UNFINISHED:
        return lost(f"the server broke off its answer ({stated}).")
    message = choice["message"]
    refusal = message.get("refusal")
    return Completion(
        text=text_of(message.get("content")) or (refusal if isinstance(refusal, str) else ""),
        finish_reason=FinishReason.REFUSED if refusal else finish_reason(stated),
        reasoning=reasoning_of(message),
        model_served=body.get("model") or None,
        fingerprint=body.get("system_fingerprint") or None,
        usage=_usage(body.get("usage")),
        latency_s=latency_s,
        raw=text,
    )


def first_choice(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the first choice of an answer; None if it is missing or has no message."""
    choices = body.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if isinstance(choice, dict) and isinstance(choice.get("message"), dict):
        return choice
    return None


def finish_reason(stated: object) -> FinishReason:
    """Translate OpenAI's finish reason."""
    match stated:
        case "length":
            return FinishReason.LENGTH
        case "content_filter":
            return FinishReason.CONTENT_FILTER
        case _:  # servers use several words for complete answers
            return FinishReason.STOP


def text_of(content: object) -> str:
    """Return a message's text, which servers send as a string, as parts or as null.

    Parts that hold thinking are left out; ``reasoning_of`` returns them.
    """
    if isinstance(content, list):
        return split_parts(content).answer
    return content if isinstance(content, str) else ""


def reasoning_of(message: Mapping[str, Any]) -> str | None:
    """Return reasoning that was delivered separately: under either of two keys or in parts."""
    text = message.get("reasoning_content") or message.get("reasoning")
    if isinstance(text, str) and text:
        return text
    content = message.get("content")
    return (split_parts(content).thinking if isinstance(content, list) else "") or None


def _usage(stated: object) -> Usage:
    if not isinstance(stated, dict):
        return Usage()
    asked = stated.get("prompt_tokens_details") or {}
    said = stated.get("completion_tokens_details") or {}
    cached = _count(asked, "cached_tokens")
    return Usage(
        prompt_tokens=_count(stated, "prompt_tokens"),
        completion_tokens=_count(stated, "completion_tokens"),
        reasoning_tokens=_count(said, "reasoning_tokens"),
        cached_tokens=_count(stated, "prompt_cache_hit_tokens") if cached is None else cached,
    )


def _count(stated: Any, name: str) -> int | None:
    """Return a number of tokens; None if it is missing or invalid."""
    count = stated.get(name) if isinstance(stated, dict) else None
    valid = isinstance(count, int) and not isinstance(count, bool) and count >= 0
    return count if valid else None

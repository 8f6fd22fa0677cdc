"""Puts a stream of server-sent events back together, which some servers send unasked."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

STARTS = ("data:", "event:", ":", "id:", "retry:")
DONE = "[DONE]"
TEXTS = ("content", "reasoning_content", "reasoning", "refusal")
KEPT = ("id", "model", "system_fingerprint", "usage", "error")


def assembled(text: str) -> dict[str, Any] | None:
    """Return the chat completion that a stream amounts to; None if it is none or breaks off."""
    if not text.lstrip("\ufeff \r\n").startswith(STARTS):
        return None
    payloads = list(_payloads(text))
    chunks = [chunk for payload in payloads if (chunk := _object(payload)) is not None]
    body: dict[str, Any] = {}
    message: dict[str, Any] = {}
    reasons: dict[str, Any] = {}
    for chunk in chunks:
        body |= {name: chunk[name] for name in KEPT if chunk.get(name)}
        choice = _first_choice(chunk)
        said = choice.get("delta") or choice.get("message")
        for name in TEXTS:
            piece = said.get(name) if isinstance(said, Mapping) else None
            if isinstance(piece, str):
                message[name] = message.get(name, "") + piece
        for name in ("finish_reason", "native_finish_reason", "error"):
            if choice.get(name):
                reasons[name] = choice[name]
    whole = DONE in payloads or "finish_reason" in reasons or "error" in body
    if not chunks or not whole:
        return None
    return body | {"choices": [{"index": 0, "message": message, **reasons}]}


def _payloads(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if line.startswith("data:"):
            yield line.removeprefix("data:").strip()


def _object(payload: str) -> dict[str, Any] | None:
    try:
        chunk = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return chunk if isinstance(chunk, dict) else None


def _first_choice(chunk: Mapping[str, Any]) -> Mapping[str, Any]:
    choices = chunk.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    return choice if isinstance(choice, Mapping) else {}

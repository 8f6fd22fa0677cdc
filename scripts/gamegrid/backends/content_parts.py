"""Reads content that comes as a list of parts, some of which are thinking."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_THINKING = ("thinking", "reasoning", "thought")
"""What the type of a part, or a key of it, contains if the part is thinking: Anthropic and Mistral
(``thinking``), OpenAI's Responses (``reasoning``), Bedrock (``reasoningContent``), Gemini
(``thought: true``)."""
_BEDROCK = ("reasoningContent", "reasoning_content")
_TEXTS = (
    "text",
    "value",
    "thinking",
    "reasoning",
    "content",
    "summary",
    *_BEDROCK,
    "reasoningText",
)
"""Keys that hold a part's text or its own parts; the first that is not empty counts."""


@dataclass(frozen=True, slots=True)
class Split:
    """A reply in two: the answer's text and the text of the thinking; either may be empty."""

    answer: str
    thinking: str


def joined(*thoughts: str) -> str:
    """Join pieces of thinking with blank lines, without those that are blank."""
    return "\n\n".join(piece.strip() for piece in thoughts if piece.strip())


def is_parts(value: object) -> bool:
    """Return whether a value is a list of typed parts."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(part, dict) and isinstance(part.get("type"), str) for part in value)
    )


def split_parts(content: Iterable[Any]) -> Split:
    """Split a list of parts into the text of the answer and that of the thinking."""
    answer: list[str] = []
    thinking: list[str] = []
    for part in content:
        (thinking if _is_thinking(part) else answer).append("".join(_texts(part)))
    return Split("".join(answer), joined(*thinking))


def _is_thinking(part: object) -> bool:
    if not isinstance(part, Mapping):
        return False
    kind = part.get("type")
    if isinstance(kind, str) and any(word in kind.lower() for word in _THINKING):
        return True
    return part.get("thought") is True or any(part.get(key) for key in _BEDROCK)


def _texts(value: object) -> Iterator[str]:
    """Yield the texts of a part, also of parts within it."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str() as text:
                yield text
            case list() as parts:
                waiting += reversed(parts)
            case dict() as part:
                waiting.append(next((part[key] for key in _TEXTS if part.get(key)), None))
            case _:
                pass

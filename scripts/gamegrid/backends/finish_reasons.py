"""Why a reply ended: the words of every server and provider, read from ``finish_reasons.toml``."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from gamegrid.backends.backend import FinishReason

TABLE = Path(__file__).with_suffix(".toml")


class Ending(StrEnum):
    """What a stated reason means."""

    BROKEN_OFF = "broken_off"
    """The server failed. There is no reply of the model, and the request is sent again."""
    CONTENT_FILTER = "content_filter"
    LENGTH = "length"
    TOOL_CALLS = "tool_calls"
    UNKNOWN = "unknown"
    """The word is in no document that the table was made from."""
    STOP = "stop"
    UNSTATED = "unstated"
    """The answer states no reason."""

    @property
    def finish_reason(self) -> FinishReason:
        """The finish reason of the completion. Raises ValueError if there is no completion."""
        return FinishReason.STOP if self is Ending.UNSTATED else FinishReason(self)


WORST_FIRST = tuple(Ending)
"""If an answer states several reasons, the first of these counts."""

NAMES = ("type", "reason", "finish_reason", "finishReason", "stop_reason", "name", "value")
"""Keys of a reason that is an object."""
DECORATION = frozenset({"finishreason", "stopreason", "donereason", "reason"})
"""Names of the field itself, which some servers repeat in its value: ``FinishReason.STOP``."""
PUNCTUATION = re.compile(r"[\W_]+")
PARTS = re.compile(r"[:;,./|\s]+")
LONGEST_WORD = 80


@dataclass(frozen=True, slots=True)
class Source:
    """The reasons that one server or provider documents."""

    name: str
    url: str
    words: Mapping[Ending, Sequence[str]]


@cache
def sources() -> tuple[Source, ...]:
    """Return the table."""
    kinds = [e for e in Ending if e not in (Ending.UNKNOWN, Ending.UNSTATED)]
    return tuple(
        Source(row["name"], row["url"], {kind: row[kind] for kind in kinds if kind in row})
        for row in tomllib.loads(TABLE.read_text(encoding="utf-8"))["source"]
    )


@cache
def _endings() -> dict[str, Ending]:
    return {
        _plain(word): ending
        for source in sources()
        for ending, words in source.words.items()
        for word in words
    }


def _plain(word: str) -> str:
    return PUNCTUATION.sub("", word.casefold())


def ending(stated: object) -> Ending:
    """Return what a stated reason means, whatever its case, punctuation and type."""
    match stated:
        case None | "":
            return Ending.UNSTATED
        case str(word):
            return _of_word(word[:LONGEST_WORD])
        case {**named} if found := [named[name] for name in NAMES if named.get(name)]:
            return ending(found[0])
        case [only]:
            return ending(only)
        case _:
            return Ending.UNKNOWN


@lru_cache(maxsize=1000)  # a server states the same few words again and again
def _of_word(word: str) -> Ending:
    known = _endings()
    plain = _plain(word)
    if plain in known:
        return known[plain]
    if plain in ("null", "none", "undefined") or not word.strip():
        return Ending.UNSTATED
    parts = [_plain(part) for part in PARTS.split(word)]
    found = [known.get(part, Ending.UNKNOWN) for part in parts if part and part not in DECORATION]
    if found and (len(found) > 1 or len(parts) > len(found)):
        # One known part is enough to know that a reply is not complete, but not that it is.
        return worst(found)
    for name in DECORATION:
        if plain.startswith(name) and (rest := plain.removeprefix(name)) in known:
            return known[rest]
    return Ending.UNKNOWN


def worst(endings: Iterable[Ending]) -> Ending:
    """Return the ending that counts if an answer states several; ``UNSTATED`` for none."""
    return min(endings, key=WORST_FIRST.index, default=Ending.UNSTATED)


# Reasons within a body

KEYS = frozenset(
    {
        "finish_reason", "finishReason", "FinishReason", "native_finish_reason", "stop_reason",
        "stopReason", "StopReason", "done_reason", "completionReason", "blockReason",
        "block_reason",
    }
)  # fmt: skip
"""Keys under which servers and providers state a reason, at any depth of a body."""
OPENAI_KEY = "finish_reason"
STOP_TOKEN_KEY = "stop_reason"
"""Beside ``finish_reason``, vLLM states the stop token here."""
CLOSED = frozenset(
    {
        "message", "content", "text", "delta", "parts", "tool_calls", "logprobs", "usage", "error",
        "reasoning", "reasoning_content", "arguments", "input", "prompt", "messages", "metadata",
    }
)  # fmt: skip
"""Keys whose values hold the model's text or other things that state no reason."""
DEEPEST = 6
_NAMED = (dict, Mapping)
_NESTED = (dict, list, Mapping)
"""What most bodies consist of comes first: asking for a ``Mapping`` takes long."""


def stated_reasons(body: object) -> list[Any]:
    """Return every reason that a body of any provider states for its first reply."""
    reasons = list(_reasons(body, DEEPEST))
    if isinstance(body, Mapping) and ("output" in body or "incomplete_details" in body):
        # OpenAI's responses and Replicate's predictions state a status.
        details = body.get("incomplete_details")
        cause = details.get("reason") if isinstance(details, Mapping) else None
        reasons += [stated for stated in (cause or body.get("status"),) if isinstance(stated, str)]
    return reasons


def _reasons(node: object, depth: int) -> Iterable[Any]:
    if isinstance(node, list):
        node = {"first": node[0]} if node else {}
    if not isinstance(node, _NAMED) or not depth:
        return
    for key, value in node.items():
        if key in KEYS:
            if key != STOP_TOKEN_KEY or OPENAI_KEY not in node:
                yield value
        elif key not in CLOSED and isinstance(value, _NESTED):
            yield from _reasons(value, depth - 1)

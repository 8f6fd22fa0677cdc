"""Finds the error in a body of any server: its texts, codes, status and parameters.

Providers put errors at many places: under ``error``, in a choice, in ``base_resp``, as a list, or
as JSON in a string within an error of a gateway.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

TEXT_KEYS = (
    "message", "msg", "error_message", "error_msg", "errorMessage", "errorMsg", "status_msg",
    "detail", "error_description", "description", "title", "faultstring", "Message", "ErrorMsg",
    "raw", "reason", "reasons", "error", "errors", "details", "quotaId",
)  # fmt: skip
"""Keys of an error's texts, the plainest first."""
CODE_KEYS = (
    "code", "type", "error_type", "error_code", "errorCode", "status", "status_code", "statusCode",
    "http_code", "httpCode", "reason", "errorCodeName", "__type", "name", "Code", "err_code",
    "provider_code",
)  # fmt: skip
PARAMETER_KEYS = ("param", "parameter", "field", "loc", "path")
MARKS = ("flagged_input", "content_filter_result", "content_filter_results", "flagged_categories")
"""Keys that only errors of filters have. Their names count as codes."""
CLOSED = frozenset(
    {"input", "prompt", "messages", "flagged_input", "choices", "usage", "headers", "request"}
)
"""Keys whose values may repeat the question."""
ANSWERS = (
    "choices", "candidates", "content", "output", "outputs", "results", "result", "response",
    "data", "completions", "generations", "predictions", "generated_text", "text",
)  # fmt: skip
"""Keys of a body that holds a reply."""
ENVELOPES = (("base_resp", "status_code", "minimax"), ("header", "code", "spark"))
"""Keys of an error's envelope and its code, and the provider."""
BARE_ERRORS = (
    "code", "message", "msg", "detail", "error_code", "error_msg", "errorCode", "errorMessage",
    "fault", "title",
)  # fmt: skip
"""Keys of errors without an envelope."""
GOOD = ("0", 200, "200", "ok", "OK", "success")
"""Codes and texts of errors that are none."""
HTTP_ERRORS = range(400, 600)
LONG_CODES = range(40000, 60000)
"""Codes of five digits that begin with an HTTP status, such as FastChat's 42901."""
PLAIN_STATUSES = (401, 429)
"""Client errors whose statuses such codes keep to; FastChat's 40303 is a full context."""
DEEPEST = 10
MOST_PARTS = 200
LONGEST_TEXT = 4000
MOST_WORDS = 16000
"""Characters of an error that are searched."""


@dataclass(frozen=True, slots=True)
class StatedError:
    """An error as a server states it.

    ``message``: its plainest text, for users. ``words``: all its texts. ``codes``: all its codes,
    in lower case. ``status``: the HTTP status that it names, None if it names none.
    ``parameters``: what it names as the cause.
    """

    message: str = ""
    words: str = ""
    codes: frozenset[str] = frozenset()
    status: int | None = None
    parameters: frozenset[str] = frozenset()


def error_of(body: Any) -> StatedError:
    """Return the error that a body with an error status states."""
    parts = list(_parts(_opened(body), DEEPEST))[:MOST_PARTS]
    texts = [text[:LONGEST_TEXT] for kind, text in parts if kind == "text"]
    codes = [text for kind, text in parts if kind == "code"]
    return StatedError(
        message=next(iter(texts), ""),
        words="\n".join(dict.fromkeys(texts))[:MOST_WORDS],
        codes=frozenset(code.casefold() for code in codes),
        status=next(filter(None, map(_status, sorted(codes, key=len))), None),
        parameters=frozenset(text for kind, text in parts if kind == "parameter"),
    )


def error_in(body: Any) -> StatedError | None:
    """Return the error that a body with status 200 states; None if it states none."""
    if isinstance(body, list) and len(body) == 1:
        return error_in(body[0])
    if not isinstance(body, Mapping):
        return None
    found = next((each for each in _errors(body) if _is_error(each)), None)
    return None if found is None else error_of(found)


def _errors(body: Mapping[str, Any]) -> Iterator[Any]:
    """Yield every place of a body that may hold an error."""
    yield body.get("error")
    choices = body.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if isinstance(choice, Mapping):
        yield choice.get("error")
    for key, code, name in ENVELOPES:
        envelope = body.get(key)
        if isinstance(envelope, Mapping) and str(envelope.get(code) or 0) != "0":
            # The numbers of these providers mean other things elsewhere.
            yield {**envelope, code: f"{name} {envelope[code]}"}
    response = body.get("Response")  # Tencent
    if isinstance(response, Mapping):
        yield response.get("Error") or response.get("ErrorMsg")
    if body.get("type") == "error" or body.get("object") == "error" or body.get("success") is False:
        yield body
    if not any(body.get(key) for key in ANSWERS):
        yield body.get("errors")
        if any(body.get(key) for key in BARE_ERRORS) and not isinstance(body.get("message"), dict):
            yield body


def _is_error(found: object) -> bool:
    """Return whether a value under an error's key is an error, not an empty or a good one."""
    if isinstance(found, Mapping):
        stated = (found.get(key) for key in (*TEXT_KEYS, *CODE_KEYS))
        return any(bool(value) and value not in GOOD for value in stated)
    return bool(found)


def _opened(node: Any) -> Any:
    """Return the inside of an envelope, so that its texts come first."""
    while isinstance(node, list) and len(node) == 1:
        node = node[0]
    if isinstance(node, Mapping) and isinstance(error := node.get("error"), Mapping | list):
        rest = {key: value for key, value in node.items() if key != "error"}
        return [error, rest] if rest else error
    return node


def _parts(node: Any, depth: int, key: str = "message") -> Iterator[tuple[str, str]]:
    """Yield the (kind, text) of an error's texts, codes and parameters, the plainest first."""
    match node:
        case str(text) if depth and (inner := _json(text)) is not None:
            yield from _parts(inner, depth - 1)
        case str() | int() | float() if not isinstance(node, bool):
            yield from _kinds(str(node).strip(), key)
        case list() if depth:
            for each in node[:MOST_PARTS]:
                yield from _parts(each, depth - 1, key)
        case {**named} if depth:
            yield from _named_parts(named, depth)
        case _:
            return


def _named_parts(named: Mapping[Any, Any], depth: int) -> Iterator[tuple[str, str]]:
    first = [name for name in (*TEXT_KEYS, *CODE_KEYS) if name in named]
    for name in dict.fromkeys((*first, *named)):
        if name in MARKS and named[name]:
            yield "code", name
        if name not in CLOSED:
            yield from _parts(named[name], depth - 1, str(name))


def _kinds(text: str, key: str) -> Iterator[tuple[str, str]]:
    if key in TEXT_KEYS and text and not text.isdecimal():
        yield "text", text
    if key in CODE_KEYS:
        yield "code", text
    if key in PARAMETER_KEYS:
        yield "parameter", text


def _json(text: str) -> Any:
    """Return the JSON object or list in a string; None if it holds none."""
    stripped = text.strip()
    if stripped[:1] not in ("{", "[") or stripped[-1:] not in ("}", "]"):
        return None
    try:
        return json.loads(stripped)
    except (ValueError, RecursionError):
        return None


def _status(code: str) -> int | None:
    """Return the HTTP status that a code names; None if it names none."""
    if not (code.isascii() and code.isdecimal() and len(code) < 6):
        return None
    number = int(code)
    if number in LONG_CODES and (number // 100 in PLAIN_STATUSES or number >= 50000):
        number //= 100
    return number if number in HTTP_ERRORS else None

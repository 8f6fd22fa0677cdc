"""Parse a model's reply: find the legal move it states, or classify the failure.

A wrong move is worse than a rejected reply, so the parser rejects anything ambiguous. Every step
takes time linear in the length of the reply.
"""

import html
import json
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gamegrid.backends.backend import FinishReason
from gamegrid.backends.thinking import split
from gamegrid.games.labels import CHEERS, is_noise, normalise
from gamegrid.prompts.objects import TOKEN, Objects, StatedAnswer, half_width, unquoted
from gamegrid.records.record_types import Failure


@dataclass(frozen=True, slots=True)
class Parsed:
    """The result of parsing one reply: exactly one of ``label`` and ``failure`` is set.

    ``label`` is spelled as in the list of legal labels. ``reasoning`` joins the text of think
    blocks and the ``reasoning`` of the answering JSON object, in this order; None if there is
    neither. Raises ValueError if both or neither of ``label`` and ``failure`` are set.
    """

    label: str | None
    failure: Failure | None
    reasoning: str | None

    def __post_init__(self) -> None:
        if (self.label is None) == (self.failure is None):
            raise ValueError("a parsed reply needs either a label or a failure, not both")


def parse(reply: str, finish_reason: FinishReason, labels: Sequence[str]) -> Parsed:
    """Return the move of ``labels`` that ``reply`` states, or the kind of failure.

    Think blocks are cut first. The answer is the last JSON object with an ``action`` key or the
    last ``Action:`` line, whichever ends later. Nothing else counts, not even a bare label. If
    there is no answer, the parser tries to repair JSON whose garbling leaves no doubt. If there
    still is none, the reply is ``refused`` if it starts with a plain refusal, else ``unparsable``.
    """
    parts = split(reply)
    text, thought = parts.answer, parts.thinking
    match finish_reason:
        case FinishReason.LENGTH | FinishReason.CONTEXT_OVERFLOW:
            return _parsed(Failure.TRUNCATED, thought)
        case FinishReason.CONTENT_FILTER | FinishReason.REFUSED:
            return _parsed(Failure.REFUSED, thought)
        case FinishReason.TOOL_CALLS | FinishReason.UNKNOWN:
            return _parsed(Failure.UNPARSABLE, thought)
        case FinishReason.STOP:
            return _read(text, thought, labels)


# From text to Parsed

_DECLINES = re.compile(
    r"""\W*+(?:(?:I['’]?m\ )?(?:very\ |so\ )?sorry,?\ (?:but\ )?|As\ an\ AI(?:\ \w++){0,3}+,\ )?
    I(?:\ can(?:['’]?t|not|\ not)|\ won['’]?t|\ will\ not|(?:['’]?m|\ am)\ (?:unable|not\ able)\ to)
    \ (?:help|assist|comply|participate|take\ part|engage|fulfil|provide|continue)\b""",
    re.VERBOSE | re.IGNORECASE,
)
"""A plain English refusal at the start of a reply, with or without an apology."""


def _parsed(outcome: str | Failure, *reasoning: str | None) -> Parsed:
    parts = [part.strip() for part in reasoning if part and part.strip()]
    # An escape such as \ud800 is half a character, which no file can store.
    whole = "\n\n".join(parts).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(outcome, Failure):
        return Parsed(None, outcome, whole or None)
    return Parsed(outcome, None, whole or None)


def _read(text: str, thought: str, labels: Sequence[str]) -> Parsed:
    if _is_blank(text):
        return _parsed(Failure.EMPTY if _is_blank(thought) else Failure.UNPARSABLE, thought)
    for objects in map(Objects, _mended(text)):
        answer = _last_answer(objects, labels)
        if answer is not None:
            break
    else:
        declines = _DECLINES.match(text)
        return _parsed(Failure.REFUSED if declines else Failure.UNPARSABLE, thought)
    if answer.value is None or _is_doubtful(answer, objects):
        return _parsed(Failure.UNPARSABLE, thought, answer.reasoning)
    label = _legal(answer.value, labels)
    return _parsed(label or Failure.ILLEGAL, thought, answer.reasoning)


def _is_blank(text: str) -> bool:
    return all(char.isspace() or unicodedata.category(char) == "Cf" for char in text)


# Repairs

_ENTITY = re.compile(r"&#?\w{2,8};")
_FORM = re.compile(
    r"""\{\s*+ (?P<quote>"?+)
    (?: reasoning(?P=quote) \s*+:\s*+ "(?P<reasoning>[^{}]*)"
        [^\S\n]*+ [,\n] \s*+ (?:(?:/\*[^*"]*+\*/|//[^\n"]*+\n)\s*+)?+ (?P=quote) )?
    action(?P=quote) \s*+:\s*+ (?P<action>"[^"\n{}\\]*+"|[^\s"'{}\[\],:][^"'{}\[\],:\n]*+)
    \s*+,?+\s*+ \} [\s`]*+ \Z""",
    re.VERBOSE | re.IGNORECASE,
)


def _unescaped(text: str) -> str:
    return _ENTITY.sub(lambda match: html.unescape(match[0]), text)


def _mended(text: str) -> Iterator[str]:
    """Yield ``text`` and then repaired versions; read each only if those before hold no answer.

    A repair requires that the first object starts a line: in the middle of prose it may be a
    quotation.
    """
    yield text
    whole = text.strip()
    if whole.startswith('"{') and TOKEN.fullmatch(whole):
        yield unquoted(whole)
    shape = half_width(text)
    start = shape.find("{")
    if start < 0 or shape[shape.rfind("\n", 0, start) + 1 : start].strip():
        return
    if '"' not in text:
        yield split(_unescaped(text)).answer
    closed = whole.rstrip("` \t\r\n")
    if closed.endswith(('"', "'", "”")):
        yield closed + "}"
    # The form that prompts ask for, garbled by quotes inside its reasoning, unquoted keys or
    # values, a comment, or a missing comma. Nothing may follow it that could revoke it.
    form = _FORM.match(shape, start)
    if form and len(_KEYWORD.findall(shape)) == 1:
        parts = {name: text[slice(*form.span(name))] for name in ("reasoning", "action")}
        parts["action"] = parts["action"].strip('"')
        yield text[:start] + json.dumps(parts)


# Labels

_WRAPPING = " \t\r\n`*_\"'“”‘’«»()[]{}<>.,;:!"
_TAGS = r"(?:b|i|u|p|em|strong|code|mark|center|li|h[1-6])"
_LATEX = r"\\(?:boxed|fbox|(?:text|math)(?:bf|it|tt|rm)?)\s*+\{"
_DRESS = re.compile(
    rf"<({_TAGS})>(?=.*</\1>)|</{_TAGS}>|<br\s*+/?>|{_LATEX}|</s>|<end_of_turn>|<[|｜][\w▁]++[|｜]>",
    re.IGNORECASE | re.DOTALL,
)
"""HTML and LaTeX around a label, and models' end tokens."""
_STRIKE = re.compile(r"</?(?:s|del|strike)>|(?<!~)~~(?!~)", re.IGNORECASE)


def _legal(value: str, labels: Sequence[str]) -> str | None:
    """Return the one label that ``value`` spells out in full, or None."""
    if value.strip() in labels:
        return value.strip()
    if len(value) > 4 * max(map(len, labels), default=0) + 64:
        return None  # no decoration is that long, and Unicode normalisation is not linear
    kept = _STRIKE.sub(lambda mark: mark[0] if mark[0][1] == "/" else "~", _unescaped(value))
    read = {_spelt(kept, labels), _spelt(_DRESS.sub(" ", kept), labels)} - {None}
    return read.pop() if len(read) == 1 else None


def _spelt(value: str, labels: Sequence[str]) -> str | None:
    """Return the label with the same normal form, or None.

    Labels that differ only in case or punctuation need their exact spelling.
    """
    form = normalise(value)
    near = [label for label in labels if normalise(label) == form]
    if form and len(near) == 1:
        return near[0]
    bare = value.strip(_WRAPPING)
    # If a label itself starts or ends with such characters, they may not be mere decoration.
    exact = bare in near and all(label.strip(_WRAPPING) == label for label in near)
    return bare if exact else None


# Answers


def _last_answer(objects: Objects, labels: Sequence[str]) -> StatedAnswer | None:
    answers = [_last_line(objects, labels), *objects.answers]
    return max(filter(None, answers), key=lambda answer: answer.end, default=None)


_KEYWORD = re.compile(r"\baction(?:[\s*_`\"'“”\\]|</?\w+>)*+:", re.IGNORECASE)


def _is_doubtful(answer: StatedAnswer, objects: Objects) -> bool:
    """Return whether an answer may be struck out, quoted, or overruled by a later one.

    It may be quoted if it stands within an invalid JSON object, typically because of an unescaped
    quote. It may be overruled by any later ``action:``, for instance in an object that was cut off.
    """
    shape = objects.shape
    if _is_struck(shape, answer.start) or _KEYWORD.search(shape, answer.end):
        return True
    braces = [brace.start() for brace in re.finditer(r"[{}]", shape[: answer.start])]
    # For each brace: how far the nesting depth drops below it before the answer starts.
    sinks = [0]
    for position in reversed(braces):
        sinks.append(max(0, sinks[-1] + (1 if shape[position] == "}" else -1)))
    sinks.reverse()
    # Some braces may be inside strings, so the object has ended only if it has by either count.
    return any(
        answer.start < broken.failed
        or sinks[bisect_left(braces, broken.failed)] < broken.depth
        or sinks[bisect_right(braces, broken.start)] < 1
        for broken in objects.broken
        if broken.start < answer.start
    )


def _is_struck(shape: str, position: int) -> bool:
    """Return whether a strike-through that began before ``position`` is still open there."""
    marks = _STRIKE.findall(shape[:position])
    tags = [mark for mark in marks if mark != "~~"]
    return (len(marks) - len(tags)) % 2 == 1 or (tags != [] and tags[-1][1] != "/")


# ``Action:`` lines

# Struck-out lines (~~) and JSON keys ("action":) do not count as Action lines.
_ACTION_LINE = re.compile(
    rf"^(?:[^\S\n]|[>*_#`\"'“‘•·+\-$\ufe0f\ufeff\u200b{CHEERS}]|\d{{1,3}}[.)]|<{_TAGS}>|{_LATEX})*+"
    rf"action(?:[^\S\n]|[*_`}}]|</{_TAGS}>)*+:(.*)",
    re.IGNORECASE | re.MULTILINE,
)
_MARKUP = re.compile(r"[\s*_`]*+")


def _last_line(objects: Objects, labels: Sequence[str]) -> StatedAnswer | None:
    last = None
    for line in _ACTION_LINE.finditer(objects.shape):
        value_starts = _MARKUP.match(objects.shape, line.start(1))
        introduces = value_starts and value_starts.end() in objects.answer_starts
        if not objects.cover(line.start()) and not introduces:
            last = line
    if last is None:
        return None
    value = objects.text[slice(*last.span(1))].strip()
    if value in labels or not all(map(is_noise, value)):
        return StatedAnswer(last.start(), last.start(1) + len(last[1].rstrip()), value)
    # A heading without a value. The text below is the answer only if it is a single line with a
    # legal label; the first of several lines could start a list.
    rest = objects.text[last.end() :].splitlines()
    below = [line for line in rest if not all(map(is_noise, line))]
    if len(below) == 1 and _legal(below[0], labels) is not None:
        return StatedAnswer(last.start(), len(objects.text), below[0])
    return StatedAnswer(last.start(), last.end(), None)

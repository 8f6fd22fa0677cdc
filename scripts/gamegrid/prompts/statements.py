"""Find every answer that a reply states, and decide which one counts."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from gamegrid.games.labels import is_noise
from gamegrid.prompts import prose
from gamegrid.prompts.objects import Objects, StatedAnswer
from gamegrid.prompts.spelling import ANSWER_TAGS, LATEX, PLAIN_TAGS, STRIKE, Speller

MOST_CHANGES = 5
"""A reply that changes its answer more often than this is read as undecided."""
TURN_END = "\x04"
"""Stands for models' special tokens, which start and end a turn."""


@dataclass(frozen=True, slots=True)
class Statement:
    """An answer with the legal label that it spells; None if it spells none."""

    answer: StatedAnswer
    label: str | None


def statements(objects: Objects, speller: Speller) -> list[Statement]:
    """Return all answers in the order of the text, without examples that precede the first."""
    stated = [_of_object(answer, speller) for answer in objects.answers]
    stated += _of_lines(objects, speller)
    stated.sort(key=lambda statement: statement.answer.start)
    first = 0
    while first < len(stated) and _precedes(objects, stated, first):
        first += 1
    return stated[first:]


def decide(objects: Objects, stated: Sequence[Statement]) -> Statement | None:
    """Return the statement that counts, or None if ``stated`` can be read in two ways.

    Answers that name the same move are one. Of different answers the last counts only if the words
    before it announce it as the final one or take back the one before, and nobody else has had a
    turn in between.
    """
    last = stated[-1]
    changes = [
        (one, two)
        for one, two in pairwise(stated)
        if one.label != two.label or (one.label is None and one.answer.value != two.answer.value)
    ]
    if changes and all(statement.label is None for statement in stated):
        return last
    if not changes:
        return last
    gap = _gap(objects, *stated[-2:])
    if prose.announces_final(gap):
        return last
    if len(changes) > MOST_CHANGES:
        return None
    return last if all(prose.corrects(_gap(objects, *change)) for change in changes) else None


def _gap(objects: Objects, one: Statement, two: Statement) -> str:
    """Return the text between two statements."""
    return objects.shape[one.answer.end : two.answer.start]


def is_doubtful(objects: Objects, chosen: Statement, speller: Speller) -> bool:
    """Return whether the answer may be struck out, quoted, taken back or overruled later.

    It may be quoted if it stands within an invalid JSON object, typically because of an unescaped
    quote. It may be overruled by a later ``action:``, for instance in an object that was cut off.
    """
    answer, label = chosen.answer, chosen.label
    if _is_struck(objects.shape, answer.start) or _is_stated_again(objects, answer.end):
        return True
    before = _before(objects, answer)
    rest = objects.text[answer.end : answer.end + prose.NEAR].partition("\n")[0]
    is_mentioned = answer.after is not None and prose.mentioned(before, rest)
    if _is_quoted(objects, answer) or prose.doubted(before) or is_mentioned:
        return True
    if label is None:
        return False
    inside = objects.shape[answer.after : answer.end] if answer.after else ""
    tail = objects.text[answer.end :]
    return prose.strongly_taken_back(inside) or prose.taken_back(tail, label, speller.labels)


# Statements of objects and of lines


def _of_object(answer: StatedAnswer, speller: Speller) -> Statement:
    label = None if answer.value is None else speller.legal(answer.value)
    rivals = {speller.legal(rival) for rival in answer.rivals} - {None, label}
    if rivals:
        return Statement(replace(answer, value=None), None)
    return Statement(answer, label)


_CROSSES = "❌✖✗✘❎☒☓⛔🚫🙅👎🛑⊗⊘⨯✕╳×∅🗑❓❔👤¬≠"
"""Signs that cross out, doubt or attribute what follows."""
_TAGS = rf"(?:{PLAIN_TAGS}|{ANSWER_TAGS})"
_LEAD = r"(?:(?:final[^\S\n]+)?(?:answer|response|reply|output)|assistant)[*_`]*[^\S\n]*:[*_`]*"
# Struck-out lines (~~) and JSON keys ("action":) do not count as Action lines.
_ACTION_LINE = re.compile(
    rf"^(?:[^\S\n]|_|[^\w\s<{{}}\\~/%!?,;:.{_CROSSES}]|\d{{1,3}}[.)]|<{_TAGS}>|{LATEX}|\\(?=[*_#>\-])"
    rf"|{_LEAD})*+action(?:[^\S\n]|[*_`}}\\]|</{_TAGS}>)*+:(.*)",
    re.IGNORECASE | re.MULTILINE,
)
_MARKUP = re.compile(r"[\s*_`]*+")


def _of_lines(objects: Objects, speller: Speller) -> list[Statement]:
    """Return what ``Action:`` lines outside of objects state."""
    lines = []
    for line in _ACTION_LINE.finditer(objects.shape):
        value_starts = _MARKUP.match(objects.shape, line.start(1))
        introduces = value_starts and value_starts.end() in objects.answer_starts
        if not objects.cover(line.start()) and not introduces:
            lines.append(line)
    return [_of_line(line, objects, speller, line is lines[-1]) for line in lines]


def _of_line(line: re.Match[str], objects: Objects, speller: Speller, is_last: bool) -> Statement:
    start, value_start = line.start(), line.start(1)
    value = objects.text[slice(*line.span(1))].strip()
    if value in speller.labels or not all(map(is_noise, value)):
        label = speller.legal(value)
        end = value_start + len(line[1].rstrip())
        if label is None and (gloss := speller.legal_before_gloss(value)) is not None:
            label, offset = gloss
            end = value_start + len(line[1]) - len(line[1].lstrip()) + offset
        return Statement(StatedAnswer(start, end, value), label)
    # A heading without a value. The text below the last one is the answer only if it is a single
    # line with a legal label; the first of several lines could start a list.
    below = _WORDS.search(objects.text, line.end())
    label = speller.legal(below[0]) if below else None
    if below is None or label is None or (is_last and _WORDS.search(objects.text, below.end())):
        return Statement(StatedAnswer(start, line.end(), None), None)
    return Statement(StatedAnswer(start, below.end(), below[0]), label)


_WORDS = re.compile(r"^.*[^\W_].*$", re.MULTILINE)
"""A line with a letter or a digit."""


_PLACEHOLDER = re.compile(r"\s*[<\[{(].*[>\]})]\s*|\s*(?:\.{2,}|…|\?+|_+|-+)\s*", re.DOTALL)


def _precedes(objects: Objects, stated: Sequence[Statement], place: int) -> bool:
    """Return whether a statement before any answer is an example, a placeholder or another's move.

    A placeholder counts as an answer if nothing follows it, so that the reply is found illegal.
    """
    answer, label = stated[place].answer, stated[place].label
    if place == len(stated) - 1:
        return label is not None and prose.not_own(_before(objects, answer))
    if label is None and (answer.value is None or _PLACEHOLDER.fullmatch(answer.value)):
        return True
    has_words = _WORDS.search(_gap(objects, *stated[place : place + 2])) is not None
    return has_words and prose.not_own(_before(objects, answer))


def _before(objects: Objects, answer: StatedAnswer) -> str:
    """Return the text before an answer that may introduce it."""
    return objects.shape[max(0, answer.start - prose.NEAR) : answer.start]


# Doubts


def _is_stated_again(objects: Objects, end: int) -> bool:
    """Return whether ``action:`` comes up again after ``end``, outside of any object."""
    for keyword in KEYWORD.finditer(objects.shape, end):
        line = objects.shape[max(end, keyword.start() - 80) : keyword.start()].rsplit("\n", 1)[-1]
        if not objects.cover(keyword.start()) and not prose.names_somebody_else(line):
            return True
    return False


KEYWORD = re.compile(r"\baction(?:[\s*_`\"'‘’“”\\]|</?\w+>)*+:", re.IGNORECASE)


def _is_quoted(objects: Objects, answer: StatedAnswer) -> bool:
    if not objects.broken:
        return False
    shape = objects.shape
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
    marks = STRIKE.findall(shape[:position])
    tags = [mark for mark in marks if mark != "~~"]
    return (len(marks) - len(tags)) % 2 == 1 or (tags != [] and tags[-1][1] != "/")

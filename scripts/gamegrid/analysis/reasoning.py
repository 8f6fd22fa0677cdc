"""Sort what players say about their moves into categories, by the words they use.

Rules sort the texts, not a model: equal texts always get the same categories, in time linear in
their length. The rules are in reasoning.yaml and read English only. tests/analysis/test_reasoning
measures how often they agree with sentences labelled by hand.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Any, TypeAlias

import yaml

UNCATEGORISED = "uncategorised"
"""Takes the place of a category if no cue is found."""
REACH = 4
"""A negation applies to a cue that is at most this number of words behind it."""

Phrase: TypeAlias = tuple[str, ...]

_TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|\d+|[.,;:!?()\n\"]")
_VOWELS = frozenset("aeiou")


@dataclass(frozen=True, slots=True)
class Sorted:
    """The categories of a text.

    ``main`` is the category with the most different cues, and the one named first among equals;
    None if no cue was found. ``mentioned`` has all categories, in the order in which the text names
    them.
    """

    main: str | None
    mentioned: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Cue:
    """A cue in one of its forms. ``category`` is None for a name, which hides other cues."""

    words: Phrase
    category: str | None
    lemma: str


@dataclass(frozen=True, slots=True)
class _Rules:
    """The rules. Cues and phrases are found by their first word."""

    cues: Mapping[str, Sequence[_Cue]]
    """The cues with each first word, the longest first."""
    intentions: frozenset[str]
    negators: Mapping[str, Sequence[Phrase]]
    affirmed: Mapping[str, Sequence[Phrase]]
    clauses: frozenset[str]
    conditions: frozenset[str]


def categories() -> tuple[str, ...]:
    """Return all categories, in the order of the rules."""
    content = _content()
    return (*content["intentions"], *content["subjects"])


def sort_text(text: str) -> Sorted:
    """Return the categories of one text."""
    rules = _rules()
    words = [word.lower() for word in _TOKEN.findall(text.replace("\u2019", "'"))]
    cues_of: dict[str, set[str]] = {}
    for place, cue in _cues(rules, words):
        category = cue.category
        if category is None or (category in rules.intentions and _negated(rules, words, place)):
            continue
        cues_of.setdefault(category, set()).add(cue.lemma)
    if not cues_of:
        return Sorted(None, ())
    most = max(map(len, cues_of.values()))
    return Sorted(next(c for c, cues in cues_of.items() if len(cues) == most), tuple(cues_of))


def inflected(lemma: str) -> Iterator[str]:
    """Yield a word and its regular English forms. Some are not words, which does no harm."""
    yield lemma
    yield f"{lemma}s"
    stem = lemma
    if lemma.endswith("e"):
        stem = lemma[:-1]
    elif lemma.endswith("y") and lemma[-2:-1] not in _VOWELS:
        yield f"{lemma[:-1]}ies"
        yield f"{lemma[:-1]}ied"
    elif lemma.endswith(("s", "x", "z", "ch", "sh", "o")):
        yield f"{lemma}es"
    elif len(lemma) > 2 and lemma[-2] in _VOWELS and lemma[-3] not in _VOWELS:
        yield from (f"{lemma}{lemma[-1]}ed", f"{lemma}{lemma[-1]}ing")
    yield from (f"{stem}ed", f"{stem}ing")


def _cues(rules: _Rules, words: Sequence[str]) -> Iterator[tuple[int, _Cue]]:
    """Yield each cue with its position. Cues do not overlap."""
    place = 0
    while place < len(words):
        for cue in rules.cues.get(words[place], ()):
            if _stands(cue.words, words, place):
                yield place, cue
                place += len(cue.words)
                break
        else:
            place += 1


def _negated(rules: _Rules, words: Sequence[str], place: int) -> bool:
    """Return True if a negation shortly before ``place`` applies to it."""
    negated = False
    for before in range(place - 1, -1, -1):
        word = words[before]
        if word in rules.conditions:
            return False
        if not word[0].isalnum() or word in rules.clauses:
            return negated
        if place - before <= REACH and not negated:
            negated = _negates(rules, words, before)
        if place - before > 2 * REACH:
            return negated
    return negated


def _negates(rules: _Rules, words: Sequence[str], place: int) -> bool:
    """Return True if the word at ``place`` starts a negation."""
    word = words[place]
    if any(_stands(phrase, words, place) for phrase in rules.affirmed.get(word, ())):
        return False
    if word.endswith("n't"):
        return True
    return any(_stands(phrase, words, place) for phrase in rules.negators.get(word, ()))


def _stands(phrase: Phrase, words: Sequence[str], place: int) -> bool:
    """Return True if ``phrase`` stands at ``place``, given that its first word does."""
    return len(phrase) == 1 or tuple(words[place : place + len(phrase)]) == phrase


@cache
def _rules() -> _Rules:
    content = _content()
    named: Mapping[str | None, Iterable[str]] = {
        None: content["names"],
        **content["intentions"],
        **content["subjects"],
    }
    cues = [
        _Cue(words, category, lemma)
        for category, lemmas in named.items()
        for lemma in lemmas
        for words in _forms(lemma)
    ]
    by_first: dict[str, list[_Cue]] = {}
    for cue in sorted(cues, key=lambda cue: -len(cue.words)):
        by_first.setdefault(cue.words[0], []).append(cue)
    return _Rules(
        cues=by_first,
        intentions=frozenset(content["intentions"]),
        negators=_by_first(content["negators"]),
        affirmed=_by_first(content["affirmed"]),
        clauses=frozenset(content["clauses"]),
        conditions=frozenset(content["conditions"]),
    )


def _by_first(lemmas: Iterable[str]) -> Mapping[str, Sequence[Phrase]]:
    """Return the forms of phrases by their first word."""
    phrases: dict[str, list[Phrase]] = {}
    for lemma in lemmas:
        for words in _forms(lemma):
            phrases.setdefault(words[0], []).append(words)
    return phrases


def _forms(lemma: str) -> Iterator[Phrase]:
    """Yield all forms of a cue."""
    words = lemma.split()
    return product(*([*inflected(w[:-1])] if w.endswith("~") else [w] for w in words))


@cache
def _content() -> dict[str, Any]:
    text = (files("gamegrid.analysis") / "reasoning.yaml").read_text("utf-8")
    content: dict[str, Any] = yaml.safe_load(text)
    return content

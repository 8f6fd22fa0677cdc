"""Decide which legal label a stated value spells."""

import html
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

from gamegrid.games.labels import CHEERS, normalise
from gamegrid.prompts.objects import half_width

Spellings = Callable[[], Mapping[str, Iterable[str]]]
"""Returns the other spellings that a game accepts, by legal label. Called only when needed."""

_WRAPPING = " \t\r\n`*_\"'“”‘’«»()[]{}<>.,;:!"
ANSWER_TAGS = (
    r"(?:final[_-]?)?(?:answer|response|output|result|reply|solution|move|action|choice|decision)"
)
PLAIN_TAGS = r"(?:b|i|u|p|em|strong|code|mark|center|li|pre|span|div|font|td|h[1-6])"
LATEX = (
    r"\\(?:boxed|fbox|mbox|hbox|emph|underline|operatorname|"
    r"(?:text|math)(?:bf|it|tt|rm|sf|sl|sc|bb|cal|scr|frak|md|up|normal)?)\s*+\{"
)
_TAGS = rf"(?:{PLAIN_TAGS}|{ANSWER_TAGS})"
_DRESS = re.compile(
    rf"<({_TAGS})>(?=.*</\1>)|</{_TAGS}>|<br\s*+/?>|{LATEX}|</s>", re.IGNORECASE | re.DOTALL
)
"""Tags and LaTeX around a label."""
STRIKE = re.compile(r"</?(?:s|del|strike)>|(?<!~)~~(?!~)", re.IGNORECASE)
_ENTITY = re.compile(r"&#?\w{2,8};")
_POINTERS = "→⇒⟹⟶⇨➔➜➝➞➡➤▶►▸‣❯👉☞\ufe0f"
_POINTED = re.compile(rf"(?:\s|[{_POINTERS}{CHEERS}]|-+>|=+>(?!\s*+[\d.+-]))++")
_EMOJI = "🚀🔥💪😊😀😃😄😁🙂😉😎🤝🎲🎮💡🏁💯👌🙏🤖🧠🥇🎊🙌😈♟⚔🃏"
"""Emoji that say nothing about the label beside them."""
_FRIENDLY = str.maketrans(dict.fromkeys(_EMOJI, " "))
_GLOSS = re.compile(r"[.!]\s+(?=[^\W\d_])|[。！]")
"""Where an explanation may begin behind a label on the same line."""

_SIGNS = re.compile(
    r"""!=++ | /= | =/= | <> | <\s*+= | >\s*+= | =>(?=\s*+[\d.+-]) | ==
      | ~ | \+/- | (?<!\d)/\s*+(?=\d) | (?<=\d)/(?!\s*+\d) | [%‰‱′″‴\u202e]
      | <(?![^<>]*+>) | (?<![-=])>(?!>)(?=\s*+[\d.+-]) | (?<!\S)!(?=\w) | (?<!\S)[-−–—]\s++(?=\d)
      | (?<!!)\?(?!!) | (?<![^\W\d_]\d)(?<![^\W\d_]\d\d)(?<=\d)\+(?!\w) | \d\.\d""",
    re.VERBOSE,
)
"""Signs that change what a number or a label means, although the normal form drops them."""


def unescaped(text: str) -> str:
    """Return ``text`` with HTML entities replaced by the characters they name."""
    return _ENTITY.sub(lambda match: html.unescape(match[0]), text) if "&" in text else text


class Speller:
    """Finds the label that a value spells, among the legal labels of one turn."""

    def __init__(self, labels: Sequence[str], spellings: Spellings | None = None):
        self.labels = labels
        self._others = spellings
        self._longest = 4 * max(map(len, labels), default=0) + 64
        self._known: dict[str, str | None] = {}

    def legal(self, value: str) -> str | None:
        """Return the one label that ``value`` spells out in full, or None."""
        if value not in self._known:
            self._known[value] = self._read(value)
        return self._known[value]

    def legal_before_gloss(self, value: str) -> tuple[str, int] | None:
        """Return the label that starts ``value``, and the offset where an explanation follows.

            The label must be a sentence for itself, because a phrase such as "a1, the centre" may
        contradict it.
        """
        gloss = _GLOSS.search(value)
        if gloss is None or not gloss.start() or value[: gloss.start()].strip().isnumeric():
            return None
        label = self.legal(value[: gloss.start()])
        return None if label is None else (label, gloss.end())

    def _read(self, value: str) -> str | None:
        plain = value.strip()
        if plain in self.labels:
            return plain
        if len(plain) > self._longest:
            return None  # no decoration is that long, and Unicode normalisation is not linear
        kept = STRIKE.sub(lambda mark: mark[0] if mark[0][1] == "/" else "~", unescaped(plain))
        if not self._has_emoji:
            kept = kept.translate(_FRIENDLY)
            kept = kept[pointed.end() :] if (pointed := _POINTED.match(kept)) else kept
        dressed = {self._spelt(kept), self._spelt(_DRESS.sub(" ", kept))} - {None}
        return dressed.pop() if len(dressed) == 1 else None

    def _spelt(self, value: str) -> str | None:
        """Return the label with the same normal form and signs, or None.

        Labels that differ only in case or punctuation need their exact spelling.
        """
        form = normalise(value)
        near = self._forms.get(form, [])
        if form and len(near) == 1:
            return near[0] if _same_signs(value, near[0]) else None
        if form and not near and self._others is not None:
            found = self._other_forms.get(form, [])
            return found[0][0] if len(found) == 1 and _same_signs(value, found[0][1]) else None
        bare = value.strip(_WRAPPING)
        # If a label itself starts or ends with such characters, they may not be mere decoration.
        exact = bare in near and all(label.strip(_WRAPPING) == label for label in near)
        return bare if exact else None

    @cached_property
    def _has_emoji(self) -> bool:
        """Whether labels hold signs that otherwise only decorate a label."""
        return not {*_EMOJI, *_POINTERS, ">"}.isdisjoint("".join(self.labels))

    @cached_property
    def _forms(self) -> dict[str, list[str]]:
        forms: dict[str, list[str]] = {}
        for label in self.labels:
            forms.setdefault(normalise(label), []).append(label)
        return forms

    @cached_property
    def _other_forms(self) -> dict[str, list[tuple[str, str]]]:
        """The other spellings by normal form, each with its label; none of a label's own form."""
        forms: dict[str, dict[str, str]] = {}
        for label, spellings in (self._others() if self._others else {}).items():
            for spelling in spellings:
                forms.setdefault(normalise(spelling), {}).setdefault(label, spelling)
        return {form: list(meant.items()) for form, meant in forms.items()}


def _same_signs(value: str, label: str) -> bool:
    """Return whether every sign in ``value`` that could change its meaning is in ``label`` too."""
    if value.isascii() and not _SIGNS.search(value):
        return True
    return _signs(value) == _signs(label)


def _signs(text: str) -> list[str]:
    seen = _INVISIBLE.sub("", text)
    odd = [char for before, char in zip(f" {seen}", seen, strict=False) if _is_odd(char, before)]
    return sorted([*_SIGNS.findall(half_width(seen)), *odd])


_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")


def _is_odd(char: str, before: str) -> bool:
    """Return whether normalisation would turn a character into another number or a letter.

    Examples are superscripts (powers and footnotes), fractions, circled digits and Roman numerals.
    A subscript is the index of a letter, as in a₁; elsewhere it is something else.
    """
    if char.isascii():
        return False
    tag = unicodedata.decomposition(char).partition(" ")[0]
    if tag == "<sub>":
        return not (before.isalpha() or unicodedata.decomposition(before).startswith("<sub>"))
    if tag in ("<super>", "<fraction>", "<circle>", "<square>"):
        return True
    return tag == "<compat>" and char.isnumeric()

"""Finds secrets in text, in whichever encoding a server repeats them, and crosses them out.

The text is decoded level by level, each level with a map back to the level before it. A secret
found at any level is crossed out in the original text.
"""

import base64
import html
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate

from gamegrid.backends.addresses import HIDDEN

SHORTEST_SECRET = 8
"""Shorter secrets, such as placeholders, are found as whole words and in plain text only."""
LEVELS = 6
"""Number of encodings within each other that are decoded."""

ESCAPE = re.compile(
    r"""\\u\{[0-9a-f]{1,6}\} | (?-i:\\U)[0-9a-f]{8} | \\u[0-9a-f]{4} | \\x[0-9a-f]{2}
    | \\[nrtbfv0] | \\\r?\n | \\[^\sA-Za-z0-9]
    | %u[0-9a-f]{4} | (?:%[0-9a-f]{2})+
    | &\#[0-9]{1,7}; | &\#x[0-9a-f]{1,6}; | &[a-z]{2,8}[0-9]{0,2};
    | [\x00-\x1f\x7f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+""",
    re.IGNORECASE | re.VERBOSE,
)
"""One escaped character, or characters that are not seen and may break a secret's text up."""
CONTROLS = frozenset("nrtbfv0")
"""Letters that mean a control character after a backslash."""


class Scrubber:
    """Crosses out a fixed set of secrets."""

    def __init__(self, secrets: Iterable[str]) -> None:
        known = {secret for secret in secrets if secret}
        self._needles = sorted(
            {form for secret in known if len(secret) >= SHORTEST_SECRET for form in _forms(secret)},
            key=len,
            reverse=True,
        )
        words = sorted((s for s in known if len(s) < SHORTEST_SECRET), key=len, reverse=True)
        spelled = "|".join(map(re.escape, words))
        self._words = re.compile(rf"(?<![\w.])(?:{spelled})(?!\.?\w)") if words else None

    def scrub(self, text: str) -> str:
        """Return the text with ``***`` in place of every secret."""
        if not self._needles and self._words is None:
            return text
        return _crossed_out(text, self._spans(text))

    def _spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield the places of secrets in the text, in any order."""
        levels: list[_Level] = []
        for _ in range(LEVELS):
            for start, end in self._found(text):
                for level in reversed(levels):
                    start, end = level.origin(start, end)
                yield start, end
            decoded = _decoded(text)
            if decoded is None:
                return
            levels.append(decoded)
            text = decoded.text

    def _found(self, text: str) -> Iterator[tuple[int, int]]:
        for needle in self._needles:
            at = text.find(needle)
            while at >= 0:
                yield at, at + len(needle)
                at = text.find(needle, at + 1)
        if self._words is not None:
            yield from (match.span() for match in self._words.finditer(text))


def _crossed_out(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return the text with these places replaced; overlapping ones are one place."""
    kept, last = [], 0
    for start, end in sorted(spans):
        if start >= last:
            kept += [text[last:start], HIDDEN]
        last = max(last, end)
    return "".join([*kept, text[last:]]) if kept else text


@dataclass(frozen=True, slots=True)
class _Level:
    """A decoded text, and where its pieces come from.

    Piece ``i`` begins at ``starts[i]`` here and spans ``sources[i]`` there. The even pieces are
    copied; the odd ones are decoded.
    """

    text: str
    starts: list[int]
    sources: list[tuple[int, int]]

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Return the place in the text before from which a place in this text was decoded."""
        return self._source(start)[0], self._source(end - 1)[1]

    def _source(self, at: int) -> tuple[int, int]:
        piece = bisect_right(self.starts, at) - 1
        first, last = self.sources[piece]
        if piece % 2:
            return first, last
        offset = first + at - self.starts[piece]
        return offset, offset + 1


def _decoded(text: str) -> _Level | None:
    """Return the text with its escapes decoded once; None if it has none."""
    pieces: list[str] = []
    sources: list[tuple[int, int]] = []
    last = 0
    for escape in ESCAPE.finditer(text):
        plain = _plain(escape[0])
        if plain == escape[0]:
            continue
        pieces += [text[last : escape.start()], plain]
        sources += [(last, escape.start()), escape.span()]
        last = escape.end()
    if not pieces:
        return None
    pieces.append(text[last:])
    sources.append((last, len(text)))
    starts = [0, *accumulate(map(len, pieces[:-1]))]
    return _Level("".join(pieces), starts, sources)


def _plain(escape: str) -> str:
    """Return what one escape stands for; nothing for a character that is not seen."""
    if escape[0] == "%" and escape[1] not in "uU":
        plain = bytes.fromhex(escape.replace("%", "")).decode("utf-8", "replace")
    elif escape[0] == "&":
        plain = html.unescape(escape)
    elif len(escape) > 2 and escape[1] in "uUxX":
        code = int(escape[2:].strip("{}"), 16)
        plain = chr(code) if code <= 0x10FFFF else ""
    elif escape[0] == "\\":
        plain = "" if escape[1:] in CONTROLS else escape[1:]
    else:
        plain = ""
    return "".join(character for character in plain if character.isprintable())


def _forms(secret: str) -> Iterator[str]:
    """Yield what a secret looks like in text whose escapes are decoded."""
    level: _Level | None
    plain = secret
    while True:
        # A backslash at the secret's end seems to escape what follows the secret.
        for text in (plain, plain.replace("\\", "")):
            for form in (text, text.replace(" ", "+")):
                if len(form) >= SHORTEST_SECRET:
                    yield form
        if (level := _decoded(plain)) is None:
            break
        plain = level.text
    raw = secret.encode(errors="surrogatepass")
    yield raw.hex()
    yield raw.hex().upper()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield from _in_base64(raw, encode)


def _in_base64(secret: bytes, encode: Callable[[bytes], bytes]) -> Iterator[str]:
    """Yield the base64 of a secret at each of its positions in groups of three bytes.

    Characters that depend on the text around the secret are left out.
    """
    for before in range(3):
        text = encode(bytes(before) + secret).decode()
        yield text[-(-before * 8 // 6) : (before + len(secret)) * 8 // 6]

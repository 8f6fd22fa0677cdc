"""Labels compared without case, spaces and punctuation."""

import unicodedata


def normalise(label: str) -> str:
    """Return ``label`` without case, spaces and punctuation, for comparing.

    What could turn one move into another stays: a minus sign or point before a number, a gap
    between two numbers, ``~`` (struck out) and symbols beyond ASCII such as card suits. Labels of
    one game should differ in more than the ASCII punctuation that goes.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", label).casefold())
    kept: list[str] = []
    before = " "
    for here, after in zip(folded, f"{folded} "[1:], strict=True):
        if not is_noise(here):
            if kept and kept[-1].isnumeric() and here.isnumeric() and is_noise(before):
                kept.append(" ")
            kept.append(here)
        elif here in LEADING and after.isnumeric() and not before.isalnum():
            kept.append("." if here == "." else "-")
        before = here
    return "".join(kept)


CHEERS = "✅☑✔✓⭐🌟✨🎯🏆👉👍🎉"
"""Emoji that only affirm: others could cross a move out or picture another one."""
LEADING = ".-\N{MINUS SIGN}\N{EN DASH}"


def is_noise(char: str) -> bool:
    """Tell whether a character says nothing about which label is meant."""
    if char.isascii():
        return not char.isalnum() and char != "~"
    return (
        char.isspace()
        or char in LEADING
        or char in CHEERS
        or unicodedata.category(char) in {"Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Cc", "Cf"}
        or "\N{VARIATION SELECTOR-1}" <= char <= "\N{VARIATION SELECTOR-16}"
    )

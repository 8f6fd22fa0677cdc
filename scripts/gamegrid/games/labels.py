"""Compare labels without regard to case, spaces and punctuation."""

import unicodedata


def normalise(label: str) -> str:
    """Return ``label`` without case, spaces and punctuation, for comparison.

    Whatever could turn one move into another stays: a minus sign or decimal point before a number,
    a gap between two numbers, ``~`` (struck out), and non-ASCII symbols such as card suits. Labels
    of one game must therefore differ in more than the ASCII punctuation that is dropped.
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
"""Emoji that only affirm. Any other emoji could cross out a move or depict a different one."""
LEADING = ".-\N{MINUS SIGN}\N{EN DASH}"


def is_noise(char: str) -> bool:
    """Return whether a character carries no information about which label is meant."""
    if char.isascii():
        return not char.isalnum() and char != "~"
    return (
        char.isspace()
        or char in LEADING
        or char in CHEERS
        or unicodedata.category(char) in {"Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Cc", "Cf"}
        or "\N{VARIATION SELECTOR-1}" <= char <= "\N{VARIATION SELECTOR-16}"
    )

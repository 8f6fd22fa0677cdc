"""What the words around an answer say about it: taken back, corrected, another's, or an example.

Where words can be read in two ways, these functions lean towards doubt, because a rejected reply
costs less than a wrong move.
"""

import re
from collections.abc import Sequence

from gamegrid.prompts import phrases

NEAR = 240
"""How many characters before an answer can introduce it."""
_TAIL = 4000
"""How many characters after an answer are searched. An answer with more to follow is in doubt."""


def taken_back(tail: str, label: str, labels: Sequence[str]) -> bool:
    """Return whether the text after an answer takes it back or decides for another move.

    A part of the text that somebody else speaks, such as an observation, does not count.
    """
    if not tail.strip():
        return False
    other = phrases.SOMEBODY_ELSE.search(tail, 0, _TAIL)
    tail = tail[: other.start()] if other else tail
    return (
        len(tail) > _TAIL
        or bool(phrases.TAKES_BACK.search(tail))
        or _speaks_against(tail, label)
        or _decides_otherwise(tail, label, labels)
    )


def strongly_taken_back(text: str) -> bool:
    """Return whether explanations after an answer take it back in so many words."""
    return bool(phrases.STRONG.search(text[:_TAIL]))


def _decides_otherwise(tail: str, label: str, labels: Sequence[str]) -> bool:
    """Return whether a sentence names another legal move and does not just explain the answer."""
    tail = phrases.OTHERS_LINE.sub("", tail)
    folded = tail.casefold()
    others = [
        name for name in labels if name != label and _telling(name) and name.casefold() in folded
    ]
    if not others:
        return False
    words = "|".join(re.escape(name) for name in others)
    praised = re.compile(rf"^\W*(?:{words})\W+(?:{phrases.PRAISE})", re.IGNORECASE)
    named = re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)
    own = re.compile(rf"(?<!\w){re.escape(label)}(?!\w)", re.IGNORECASE)
    decided = re.compile(rf"{phrases.DECIDES}(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)
    for sentence in phrases.DISTANT.split(tail):
        if not named.search(sentence):
            continue
        mention, decision = own.search(sentence), decided.search(sentence)
        explained = phrases.LATER.search(sentence) or phrases.BLOCKS.search(sentence)
        if praised.search(sentence):
            return True
        if decision and not explained and not (mention and mention.start() < decision.end()):
            return True
        if not mention and not phrases.EXPLAINS.search(sentence):
            return True
    return False


def _speaks_against(tail: str, label: str) -> bool:
    """Return whether a text says that the answer is not the move, or a bad one."""
    if label.casefold() not in tail.casefold() or not _telling(label):
        return False
    own = rf"(?<!\w){re.escape(label)}(?!\w)"
    return bool(
        re.search(
            rf"(?:{phrases.AGAINST_BEFORE})[\s\"'`*“‘]+{own}|{own}[\s\"'`*”’]+(?:{phrases.AGAINST_AFTER})\b",
            tail,
            re.IGNORECASE,
        )
    )


def _telling(name: str) -> bool:
    """Return whether a label stands out in prose; "a", "up" and "3" do not."""
    return len(name) > 2 or (len(name) == 2 and not name.isalpha() and not name.isnumeric())


def corrects(gap: str) -> bool:
    """Return whether the text between two answers plainly puts the second in place of the first."""
    if (
        len(gap) > _TAIL
        or phrases.PLAYED_ON.search(gap)
        or phrases.HEDGES.search(gap)
        or not_own(gap)
    ):
        return False
    return bool(phrases.TAKES_BACK.search(gap) or phrases.FINAL.search(gap[-NEAR:]))


def announces_final(gap: str) -> bool:
    """Return whether the text before an answer announces it as the final one of several."""
    return corrects(gap) and bool(phrases.FINAL.search(gap[-NEAR:]))


def not_own(before: str) -> bool:
    """Return whether the text before an answer introduces it as another's move or an example."""
    line = _introduction(before)
    return bool(phrases.NOT_OWN.search(line)) and not (
        phrases.OWN.search(line) or phrases.DOUBTED.search(line)
    )


def doubted(before: str) -> bool:
    """Return whether the text before an answer denies it or makes it one of several."""
    line = _introduction(before)
    if phrases.SUPPOSED.search(line):
        return True
    return bool(
        phrases.DOUBTED.search(line) or phrases.NOT_OWN.search(line)
    ) and not phrases.OWN.search(line)


def _introduction(before: str) -> str:
    """Return the words that lead to an answer, on its own line or the line above.

    After a blank line they must end with a colon.
    """
    text = phrases.FENCE.sub("\n", before[-NEAR:])
    start = text.rfind("\n") + 1
    if text[start:].strip(" \t`*_>#-"):
        return text[start:]
    above = text[:start].rstrip()
    line = above[above.rfind("\n") + 1 :]
    is_apart = "\n" in text[len(above) : start - 1]
    leads = line.endswith((":", "：")) if is_apart else not line.endswith(_ENDS)
    return line if leads else ""


_ENDS = (".", "!", "?", "。", "！", "？")


def names_somebody_else(line: str) -> bool:
    """Return whether the start of a line names an opponent."""
    return bool(phrases.OPPONENT.search(line))


def mentioned(before: str, after: str) -> bool:
    """Return whether an object is part of a sentence about it, such as "{...} would lose".

    ``after`` is the rest of the object's line.
    """
    return bool(phrases.CONTINUES.match(after)) and not phrases.OWN.search(_introduction(before))

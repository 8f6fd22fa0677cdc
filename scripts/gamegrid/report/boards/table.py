"""Drawings of games without a board: hands of cards, and a table of words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyspiel

from gamegrid.games.game import Game, apply
from gamegrid.report.boards import svg

LINE = 9
"""Height of a line."""
GAP = 3
"""Space between columns, and between cards."""


@dataclass(frozen=True, slots=True)
class Hand:
    """The cards of a player or of the table, with a short note beside them."""

    name: str
    cards: Sequence[str]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """A table of words under a heading. If ``mark`` is True, its last line is the last move."""

    head: Sequence[str]
    lines: Sequence[Sequence[str]]
    mark: bool = True


def draw(title: str, hands: Sequence[Hand], words: Words | None = None) -> str:
    """Draw the hands one below another, and the table of words below them."""
    said = [f"{hand.name}: {', '.join([*hand.cards, hand.note]).strip(', ')}." for hand in hands]
    names = _wide(max((len(hand.name) for hand in hands), default=0)) + GAP
    top = 2 * LINE * len(hands)
    parts, widths = list[str](), [0.0]
    for number, hand in enumerate(hands):
        drawn, width = _hand(hand, names, 2 * LINE * number)
        parts.append(drawn)
        widths.append(width)
    if words is not None:
        parts.append(_words(words, top))
        widths.append(sum(_columns(words)))
        said += [" ".join(line) + "." for line in words.lines]
        top += LINE * (1 + len(words.lines))
    return svg.picture(f"{title} {' '.join(said)}", (-1, -1, max(widths) + 2, top + 2), parts)


def moves(game: Game, state: pyspiel.State) -> Iterator[tuple[int, str]]:
    """Yield the moves that led to ``state``, in order: the seat and the move's label."""
    before, joint = game.spiel.new_initial_state(), list[int]()
    for step in state.full_history():
        if step.player >= 0:
            yield step.player, game.label(before, step.player, step.action)
        if not before.is_simultaneous_node():
            apply(before, step.action)
            continue
        joint.append(step.action)
        if len(joint) == game.players:
            apply(before, joint)
            joint = []


def _hand(hand: Hand, left: float, top: float) -> tuple[str, float]:
    """Return one hand, and the coordinate of its right end."""
    middle = top + LINE + svg.FONT / 3
    parts = [svg.letters([svg.text(hand.name, x=0, y=middle)], "name", "start")]
    for card in hand.cards:
        wide = _wide(len(card)) + 2 * GAP
        outline = svg.shape(
            "rect", x=left, y=top + 2, width=wide, height=2 * LINE - 4, rx=1.5, fill="none",
            stroke="currentColor", stroke_width=0.5,
        )  # fmt: skip
        face = svg.letters([svg.text(card, x=left + wide / 2, y=middle)], "face")
        parts.append(svg.group("card", [outline, face]))
        left += wide + GAP
    if hand.note:
        parts.append(svg.letters([svg.text(hand.note, x=left, y=middle)], "beside", "start"))
    return svg.group("hand", parts), left + _wide(len(hand.note))


def _columns(words: Words) -> list[float]:
    """Return the width of each column."""
    texts = zip(words.head, *words.lines, strict=True)
    return [_wide(max(map(len, column))) + GAP for column in texts]


def _words(words: Words, top: float) -> str:
    widths = _columns(words)
    lefts = [sum(widths[:number]) for number in range(len(widths))]
    marked = svg.shape(
        "rect", x=-1, y=top + LINE * len(words.lines), width=sum(widths), height=LINE
    )
    lines = (
        svg.group(
            "line" if n else "head",
            (svg.text(word, x=x, y=top + LINE * n + 6.5)
             for x, word in zip(lefts, line, strict=True)),
        )
        for n, line in enumerate([words.head, *words.lines])
    )  # fmt: skip
    mark = [svg.last([marked])] if words.mark and words.lines else []
    return "".join([*mark, svg.letters(lines, "words", "start")])


def _wide(letters: int) -> float:
    return svg.ADVANCE * letters

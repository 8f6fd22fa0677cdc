"""Drawings of games without a board: a table with the players around it, and a list of words.

The first player sits at the bottom, the others at the top, and what belongs to nobody lies between
them. A card of which the front must not be seen lies face down.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import pyspiel

from gamegrid.games.game import Game, apply
from gamegrid.report.boards import svg

FELT, RIM, CLOTH_INK = "#1d5c45", "#123b2c", "#f4f1e6"
CARD, CARD_EDGE, CARD_INK, CARD_RED = "#fffdf6", "#10241c", "#1b1b1b", "#b3202a"
BACK = "#8fa9c9"
"""The table has one theme, as a real one has."""
LINE = 9
"""Height of a line of words."""
GAP = 3
"""Space between columns, and between cards."""
HIGH, NAMED = 15, 8
"""Height of a card, and of the name above it."""
ASIDE = 9
"""Space between two hands side by side, and around the hands."""
ABREAST = 3
"""The most hands side by side."""
NARROWEST = 90
UNKNOWN = "face down"
"""What screen readers are told of a hidden card."""
RED = "♥♦"


@dataclass(frozen=True, slots=True)
class Hand:
    """The cards of a player or of the table, with a short note beside the name.

    None stands for a card that lies face down. ``seated`` is False for what belongs to nobody.
    """

    name: str
    cards: Sequence[str | None]
    note: str = ""
    seated: bool = True


@dataclass(frozen=True, slots=True)
class Words:
    """A list of words under a heading. If ``mark`` is True, its last line is the last move.

    ``chosen`` are the row and the column of a cell to mark, counted without the heading.
    """

    head: Sequence[str]
    lines: Sequence[Sequence[str]]
    mark: bool = True
    chosen: tuple[int, int] | None = None


def draw(title: str, hands: Sequence[Hand], words: Words | None = None) -> str:
    """Draw the hands around a table, and the list of words below it."""
    hands = [hand for hand in hands if hand.seated or hand.cards or hand.note]
    said = [_said(hand) for hand in hands]
    rows = _rows(hands)
    width = max([NARROWEST, *(_row_width([hands[number] for number in row]) for row in rows)])
    if words is not None and not words.lines:
        words = None
    if words is not None:
        width = max(width, sum(_columns(words)))
    heights = [NAMED + (HIGH if any(hands[number].cards for number in row) else 0) for row in rows]
    tops = list(accumulate((height + ASIDE for height in heights), initial=ASIDE))
    places = {
        number: (middle, top)
        for row, top in zip(rows, tops, strict=False)
        for number, middle in zip(row, _middles([hands[n] for n in row], width), strict=True)
    }
    parts = [_felt(width, tops[-1])]
    parts += [_hand(hand, *places[number]) for number, hand in enumerate(hands)]
    bottom = tops[-1]
    if words is not None:
        bottom += GAP
        parts.append(_words(words, bottom, width))
        said += [" ".join(line) + "." for line in words.lines]
        bottom += LINE * (1 + len(words.lines))
    box = (-1, -1, width + 2, bottom + 2)
    return svg.picture(f"{title} {' '.join(said)}", box, parts, "cards")


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


def shown(card: str, owner: int, seat: int | None) -> str | None:
    """Return a card as ``seat`` sees it, who sees only their own; None as seat sees all."""
    return card if seat in (None, owner) else None


def _said(hand: Hand) -> str:
    cards = [card or UNKNOWN for card in hand.cards]
    return f"{hand.name}: {', '.join([*cards, hand.note]).strip(', ')}."


def _rows(hands: Sequence[Hand]) -> list[Sequence[int]]:
    """Return the hands' numbers in rows, from the top: other players, nobody's, first player."""
    seated = [number for number, hand in enumerate(hands) if hand.seated]
    middle = [number for number, hand in enumerate(hands) if not hand.seated]
    groups = (seated[1:], middle, seated[:1])
    return [
        group[start : start + ABREAST]
        for group in groups
        for start in range(0, len(group), ABREAST)
    ]


def _felt(width: float, height: float) -> str:
    return svg.shape(
        "rect", width=width, height=height, rx=9, fill=FELT, stroke=RIM, stroke_width=1.5
    )


def _row_width(hands: Sequence[Hand]) -> float:
    return sum(_hand_width(hand) + ASIDE for hand in hands) + ASIDE


def _middles(hands: Sequence[Hand], width: float) -> Iterator[float]:
    """Yield the middle of each hand of a row, with equal space between and beside the hands."""
    widths = [_hand_width(hand) for hand in hands]
    space = (width - sum(widths)) / (len(hands) + 1)
    left = space
    for wide in widths:
        yield left + wide / 2
        left += wide + space


def _hand_width(hand: Hand) -> float:
    return max(_wide(len(_heading(hand))), _cards_width(hand.cards))


def _heading(hand: Hand) -> str:
    return f"{hand.name} {hand.note}".strip()


def _cards_width(cards: Iterable[str | None]) -> float:
    widths = [_card_width(card) for card in cards]
    return sum(widths) + GAP * (len(widths) - 1) if widths else 0


def _card_width(card: str | None) -> float:
    return max(11, _wide(len(card or "")) + 2 * GAP)


def _hand(hand: Hand, middle: float, top: float) -> str:
    """Return one hand: its name and note, and the cards below them, all centred."""
    left = middle - _wide(len(_heading(hand))) / 2
    base = top + NAMED - 3
    parts = [
        svg.group(
            "name",
            [svg.text(hand.name, x=left, y=base)],
            font_weight="bold",
        )
    ]
    if hand.note:
        beside = left + _wide(len(hand.name) + 1)
        parts.append(svg.group("beside", [svg.text(hand.note, x=beside, y=base)]))
    left = middle - _cards_width(hand.cards) / 2
    for card in hand.cards:
        parts.append(_card(card, left, top + NAMED))
        left += _card_width(card) + GAP
    return svg.group("hand", parts, font_size=svg.FONT, font_family="monospace", fill=CLOTH_INK)


def _card(card: str | None, left: float, top: float) -> str:
    wide = _card_width(card)
    outline = svg.shape(
        "rect", x=left, y=top, width=wide, height=HIGH, rx=1.5, fill=CARD if card else BACK,
        stroke=CARD_EDGE, stroke_width=0.5,
    )  # fmt: skip
    if card is None:
        inner = svg.shape(
            "rect", x=left + 1.5, y=top + 1.5, width=wide - 3, height=HIGH - 3, rx=0.8,
            fill="none", stroke=CARD_EDGE, stroke_width=0.5, stroke_dasharray="1 1",
        )  # fmt: skip
        return svg.group("back", [outline, inner])
    ink = CARD_RED if card[-1] in RED else CARD_INK
    letter = svg.text(card, x=left + wide / 2, y=top + HIGH / 2 + svg.FONT / 3)
    face = svg.group("face", [letter], fill=ink, text_anchor="middle")
    return svg.group("card", [outline, face])


def _columns(words: Words) -> list[float]:
    """Return the width of each column."""
    texts = zip(words.head, *words.lines, strict=True)
    return [_wide(max(map(len, column))) + 2 * GAP for column in texts]


def _words(words: Words, top: float, width: float) -> str:
    """Return the list, ruled as a table and as wide as ``width``."""
    widths = _columns(words)
    spare = (width - sum(widths)) / len(widths)
    lefts = list(accumulate((each + spare for each in widths), initial=0.0))
    rules = "".join(f"M0 {top + LINE * n:g}h{width:g}" for n in range(1, len(words.lines) + 1))
    lines = [words.head, *words.lines]
    texts = (
        svg.group(
            "line" if n else "head",
            (svg.text(word, x=x + GAP, y=top + LINE * n + 6.3)
             for x, word in zip(lefts, line, strict=False)),
            **({} if n else {"font_weight": "bold"}),
        )
        for n, line in enumerate(lines)
    )  # fmt: skip
    rule = svg.shape("path", d=rules, stroke="currentColor", stroke_width=0.25, opacity=0.6)
    marks = [_mark(box) for box in _marked(words, top, width, lefts)]
    return "".join([rule, *marks, svg.letters(texts, "words", "start")])


def _marked(
    words: Words, top: float, width: float, lefts: Sequence[float]
) -> Iterator[tuple[float, float, float]]:
    """Yield the left, the top and the width of each line or cell to mark."""
    if words.mark and words.lines:
        yield 0, top + LINE * len(words.lines), width
    if words.chosen is not None:
        row, column = words.chosen
        yield lefts[column], top + LINE * (row + 1), lefts[column + 1] - lefts[column]


def _mark(box: tuple[float, float, float]) -> str:
    left, top, width = box
    return svg.last(
        [svg.shape("rect", x=left + 0.4, y=top + 0.4, width=width - 0.8, height=LINE - 0.8)]
    )


def _wide(letters: int) -> float:
    return svg.ADVANCE * letters

"""Drawings: the state read back from an SVG's shapes is OpenSpiel's state."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pyspiel
import pytest

from gamegrid import games, plugins
from gamegrid.games.game import Game, apply
from gamegrid.report import boards

STATES = 1_000
TABLES = 250
"""Number of states per game without a board; most such games have fewer."""
SVG = "{http://www.w3.org/2000/svg}"
GLYPHS = dict(zip("♚♛♜♝♞♟", "kqrbnp", strict=True))

Grid = list[str]


def states(game: Game, count: int) -> Iterator[pyspiel.State]:
    """Return states of random playouts, final ones included, except chance nodes."""
    luck, found = Random(11), 0
    while found < count:
        state = game.spiel.new_initial_state()
        while found < count:
            if not state.is_chance_node():
                yield state
                found += 1
            if state.is_terminal():
                break
            if state.is_simultaneous_node():
                apply(state, [luck.choice(state.legal_actions(s)) for s in range(game.players)])
            else:
                apply(state, luck.choice(state.legal_actions()))


def drawn(game: Game, state: pyspiel.State) -> Element:
    drawing = boards.draw(game, state)
    assert drawing is not None
    return ElementTree.fromstring(drawing)


# Reading shapes


def of(root: Element, name: str, tag: str) -> list[Element]:
    """Return the elements of a tag within all elements of a class."""
    return [found for g in root.iter() if g.get("class") == name for found in g.iter(SVG + tag)]


def at(one: Element) -> tuple[float, float]:
    """Return the position (x, y) of a circle or text, or of a path's start."""
    if one.tag == SVG + "path":
        found = re.match(r"M([\d.]+) ([\d.]+)", one.get("d", ""))
        assert found
        return float(found[1]), float(found[2])
    return tuple(float(one.get("c" + n) or one.get(n) or "nan") for n in "xy")  # type: ignore[return-value]


def grid(rows: int, columns: int, marks: dict[tuple[int, int], str]) -> Grid:
    return ["".join(marks.get((r, c), ".") for c in range(columns)) for r in range(rows)]


def cells(rows: int, columns: int, names: str = "xo") -> Callable[[Element, Game], Grid]:
    """Return the marks of both seats by the cell they lie in."""

    def read(root: Element, game: Game) -> Grid:
        marks = {}
        for seat, mark in enumerate(names):
            for tag in ("circle", "path"):
                for one in of(root, f"seat-{seat}", tag):
                    across, down = at(one)
                    place = int(down // 10), int(across // 10)
                    assert place not in marks
                    marks[place] = mark
        return grid(rows, columns, marks)

    return read


def hexes(root: Element, game: Game) -> Grid:
    side = game.spiel.get_parameters()["board_size"]
    marks = {}
    for seat, mark in enumerate("xo"):
        for one in of(root, f"seat-{seat}", "circle"):
            across, down = at(one)
            row = (down - 6) / 9
            column = (across - 5 - 5 * row) / 10
            assert row.is_integer() and column.is_integer()
            marks[int(row), int(column)] = mark
    return grid(side, side, marks)


def pieces(root: Element, game: Game) -> Grid:
    marks = {}
    for name, write in (("white", str.upper), ("black", str.lower)):
        for one in of(root, name, "text"):
            across, down = at(one)
            marks[int(down // 10), int(across // 10)] = write(GLYPHS[(one.text or "")[0]])
    return grid(8, 8, marks)


def piles(root: Element, game: Game) -> dict[str, int]:
    """Return the objects of each row, by the row's name."""
    names = {at(one)[1] // 10: one.text or "" for one in of(root, "axis", "text")}
    rows = [at(one)[1] // 10 for one in of(root, "pile", "circle")]
    return {name: rows.count(row) for row, name in names.items()}


def lines(root: Element, game: Game) -> tuple[set[int], Grid]:
    """Return the lines by OpenSpiel's numbers, and the owners of boxes."""
    size = game.spiel.get_parameters()
    rows, columns = size["num_rows"], size["num_cols"]
    found = set()
    for one in of(root, "lines", "path"):
        column, row = (int(number // 10) for number in at(one))
        along = "h" in (one.get("d") or "")
        found.add(row * columns + column if along
                  else (rows + 1) * columns + row * (columns + 1) + column)  # fmt: skip
    marks = {
        (int(float(one.get("y") or 0) // 10), int(float(one.get("x") or 0) // 10)): str(seat + 1)
        for seat in (0, 1)
        for one in of(root, f"seat-{seat}", "rect")
    }
    return found, grid(rows, columns, marks)


def held(root: Element, game: Game) -> list[list[int]]:
    """Return the numbers of each row, checked by position and by label."""
    rows: list[list[int]] = [[], [], []]
    for one in of(root, "numbers", "text"):
        across, down = at(one)
        assert int(across // 10) + 1 == int(one.text or "")
        rows[int(down // 10)].append(int(one.text or ""))
    return [sorted(row) for row in rows]


@dataclass(frozen=True)
class Read:
    """A parsed table: cards and note by name, and the lines below."""

    cards: dict[str, list[str]]
    notes: dict[str, str]
    lines: list[list[str]]


def table(root: Element) -> Read:
    """Parse the hands by name, and the lines by height with columns from left to right."""
    cards, notes = {}, {}
    for hand in (g for g in root.iter() if g.get("class") == "hand"):
        [name] = [one.text or "" for one in of(hand, "name", "text")]
        faces = sorted(of(hand, "face", "text"), key=lambda one: at(one)[0])
        cards[name] = [one.text or "" for one in faces]
        notes[name] = "".join(one.text or "" for one in of(hand, "beside", "text"))
    words = sorted(of(root, "line", "text"), key=lambda one: at(one)[::-1])
    heights = sorted({at(one)[1] for one in words})
    return Read(cards, notes, [[w.text or "" for w in words if at(w)[1] == h] for h in heights])


# OpenSpiel's states


def text(state: pyspiel.State) -> Grid:
    return str(state).split("\n")


def breakthrough(state: pyspiel.State) -> Grid:
    rows = [re.fullmatch(r"\d+([bw.]+)", line) for line in text(state)]
    return [row[1].translate(str.maketrans("bw", "xo")) for row in rows if row]


def othello(state: pyspiel.State) -> Grid:
    rows = [re.fullmatch(r"\d (.*) \d", line) for line in text(state)]
    return [row[1].replace(" ", "").replace("-", ".") for row in rows if row]


def go(state: pyspiel.State) -> Grid:
    rows = [re.fullmatch(r" *\d+ ([XO+]+)", line) for line in text(state)]
    return [row[1].replace("+", ".") for row in rows if row]


def fen(state: pyspiel.State) -> Grid:
    ranks = str(state).split()[0].split("/")
    return [re.sub(r"\d", lambda found: "." * int(found[0]), rank) for rank in ranks]


def sizes(*names: str) -> Callable[[pyspiel.State], dict[str, int]]:
    return lambda state: dict(zip(names, map(int, str(state).split(":")[1].split()), strict=True))


def dots(state: pyspiel.State) -> tuple[set[int], Grid]:
    owners = [line[2::4] for line in text(state)[1::2] if line]
    return set(state.history()), [row.replace(" ", ".") for row in owners]


def picked(state: pyspiel.State) -> list[list[int]]:
    """Return the numbers of a magic square, grouped by the mark of their cells."""
    marks = str(state).replace("\n", "")
    return [
        sorted(n for n, mark in zip(SQUARE, marks, strict=True) if mark == own) for own in "x.o"
    ]


SQUARE = (2, 7, 6, 9, 5, 1, 4, 3, 8)

BOARDS: dict[str, tuple[Callable[[Element, Game], Any], Callable[[pyspiel.State], Any]]] = {
    "tic_tac_toe": (cells(3, 3), text),
    "misere_tic_tac_toe": (cells(3, 3), text),
    "connect_four": (cells(6, 7), lambda state: text(state)[:6]),
    "sliding_crates": (cells(4, 4), lambda state: text(state)[:4]),
    "hex": (hexes, lambda state: str(state).replace(" ", "").split("\n")),
    "hex_4": (hexes, lambda state: str(state).replace(" ", "").split("\n")),
    "breakthrough": (cells(8, 8), breakthrough),
    "breakthrough_5x4": (cells(5, 4), breakthrough),
    "othello": (cells(8, 8), othello),
    "go_9": (cells(9, 9, "XO"), go),
    "chess": (pieces, fen),
    "nim": (piles, sizes("pile 1", "pile 2", "pile 3", "pile 4")),
    "lanterns": (piles, sizes("Mill Street", "Bridge Street", "Garden Street", "Market Street")),
    "number_scrabble": (held, picked),
    "dots_and_boxes": (lines, dots),
    "dots_and_boxes_3x3": (lines, dots),
}


@pytest.mark.parametrize("name", BOARDS)
def test_a_board_read_back_is_openspiels_state(name: str) -> None:
    game, (read, truth) = games.load(name), BOARDS[name]
    for state in states(game, STATES):
        assert read(drawn(game, state), game) == truth(state)


# Cards, bets and rounds


def test_hands_of_kuhn_poker_are_openspiels_and_so_is_the_betting() -> None:
    deck = ("Jack", "Queen", "King", "Ace")
    for players, name in ((2, "kuhn_poker"), (3, "kuhn_poker_3p")):
        for read, state in tables(name):
            cards = [deck.index(card) for hand in read.cards.values() for card in hand]
            said = "".join("b" if word in ("Bet", "Call") else "p" for _, word in read.lines)
            assert [*map(str, cards), *([said] if said else [])] == str(state).split()
            assert [who for who, _ in read.lines] == [
                f"Player {n % players + 1}" for n in range(len(said))
            ]
            for who, note in read.notes.items():
                own = [word for mover, word in read.lines if mover == who]
                assert note.startswith(str(1 + own.count("Bet") + own.count("Call")))
                assert ("folded" in note) == ("Fold" in own)


def test_parcels_are_the_cards_of_kuhn_poker() -> None:
    for read, state in tables("sealed_parcels"):
        metals = [
            ("copper", "silver", "gold").index(m) for hand in read.cards.values() for m in hand
        ]
        said = "".join("b" if word in ("Pledge", "Match") else "p" for _, word in read.lines)
        assert [*map(str, metals), *([said] if said else [])] == str(state).split()


def test_leduc_poker_shows_cards_betting_and_stakes() -> None:
    suits = ("spades", "hearts")
    deck = [f"{rank} of {suit}" for rank in ("Jack", "Queen", "King") for suit in suits]
    for read, state in tables("leduc_poker"):
        told = dict(line.split(":", 1) for line in text(state) if ":" in line)
        shown = [deck.index(card) for hand in read.cards.values() for card in hand]
        public, *own = map(int, told["Cards (public player_0 player_1)"].split())
        assert shown == [*own, *([public] if public >= 0 else [])]
        said = [told[f"Round {n} sequence"].strip() for n in (1, 2)]
        words = ["Call" if word == "Check" else word for _, word in read.lines]
        assert words == [word for line in said if line for word in line.split(", ")]
        stakes = [int(note.split()[0]) for note in list(read.notes.values())[:2]]
        if state.is_terminal():
            lost = max(-amount for amount in state.returns())
            assert lost == 0 or min(stakes) == lost
        else:
            money = told["Money (player_0 player_1)"].split()
            assert stakes == [100 - int(amount) for amount in money]


def test_generated_cards_show_the_hands_that_were_dealt() -> None:
    for read, state in tables("generated_cards"):
        start = state.get_game().new_initial_state()
        dealt = start.action_to_string(start.current_player(), state.history()[0])
        assert [card for hand in read.cards.values() for card in hand] == dealt.split()
        assert len(read.lines) == len(state.history()) - 1
        if state.is_terminal() and read.lines[-1][1] == "Fold":
            loser = read.lines[-1][0]
            assert float(read.notes[loser].split()[0]) == max(-r for r in state.returns())


def test_dice_and_bids_are_openspiels() -> None:
    for read, state in tables("liars_dice"):
        dice = [die for hand in read.cards.values() for die in hand]
        bids = [re.sub(r"(\d) di\w+ of face (\d)", r"\1-\2", word) for _, word in read.lines]
        assert [*dice, *bids] == str(state).split()


@pytest.mark.parametrize("name", ["goofspiel", "goofspiel_4", "goofspiel_4_3p"])
def test_goofspiel_shows_every_hand_prize_and_point(name: str) -> None:
    for read, state in tables(name):
        told = dict(line.split(":", 1) for line in text(state) if ":" in line)
        for seat in range(state.num_players()):
            hand = [str(int(card)) for card in told[f"P{seat} hand"].split()]
            assert read.cards[f"Player {seat + 1}"] == hand
        points = [note.split()[0] for name, note in read.notes.items() if name != "Prize"]
        assert points == told["Points"].split()
        prizes = [line[0] for line in read.lines] + read.cards.get("Prize", [])
        assert prizes == told["Point card sequence"].split()


def test_blackjack_shows_both_hands() -> None:
    short = {"T": "10"}
    suits = {"C": "♣", "D": "♦", "H": "♥", "S": "♠"}
    for read, state in tables("blackjack"):
        for name, line in (("Player", "Player 0: Cards:"), ("Dealer", "Dealer: Cards:")):
            [told] = [part.split(line)[1].split() for part in text(state) if line in part]
            hand = [short.get(card[1], card[1]) + suits[card[0]] for card in told]
            if "??" not in told:
                assert sorted(read.cards[name]) == sorted(hand)


def test_auctions_show_values_bids_and_the_winner() -> None:
    for read, state in tables("first_sealed_auction_3p"):
        values, bids, winner = (part.split(",") for part in f"{state};;".split(";")[:3])
        assert [card for hand in read.cards.values() for card in hand] == values
        made = [note.split()[1].strip(",") for note in read.notes.values() if note]
        assert made == [bid for bid in bids if bid]
        won = [str(n) for n, note in enumerate(read.notes.values()) if "wins" in note]
        assert won == [seat for seat in winner if seat]


@pytest.mark.parametrize("name", ["matrix_pd", "matrix_rps", "two_bakers", "generated_matrix"])
def test_a_matrix_game_shows_choices_and_what_they_pay(name: str) -> None:
    game = games.load(name)
    for read, state in tables(name):
        chosen = [card for hand in read.cards.values() for card in hand]
        start = game.spiel.new_initial_state()
        made = [game.label(start, seat, action) for seat, action in enumerate(state.history())]
        assert chosen == made
        if made:
            row = [line[0] for line in read.lines].index(made[0])
            column = 1 + game.labels(start, 1).index(made[1])
            paid = [float(amount) for amount in read.lines[row][column].split(", ")]
            assert paid == state.returns() == [float(note) for note in read.notes.values()]


@pytest.mark.parametrize("name", ["repeated_prisoners_dilemma", "repeated_rps"])
def test_rounds_are_openspiels(name: str) -> None:
    for read, state in tables(name):
        told = [line.split(":")[1].split() for line in text(state) if ":" in line][1::3]
        rounds = [
            line.split(":", 1)[1].split() for line in text(state) if line.startswith("Actions")
        ]
        paid = [line.split(":", 1)[1].split() for line in text(state) if line.startswith("Rewards")]
        assert told or not rounds
        wanted = [
            [f"{a} {float(p):+g}" for a, p in zip(*one, strict=True)]
            for one in zip(rounds, paid, strict=True)
        ]
        assert [line[1:] for line in read.lines] == wanted
        totals = [float(note.split()[0]) for note in read.notes.values()]
        assert totals == [sum(float(one[seat]) for one in paid) for seat in (0, 1)]


def tables(name: str) -> Iterator[tuple[Read, pyspiel.State]]:
    """Return random states of a game, each with the state parsed from its drawing."""
    game = games.load(name)
    for state in states(game, TABLES):
        yield table(drawn(game, state)), state


# Every drawing


@pytest.mark.parametrize("name", sorted({*BOARDS, "leduc_poker", "matrix_pd", "repeated_rps"}))
def test_a_drawing_says_what_it_shows_and_fetches_nothing(name: str) -> None:
    game = games.load(name)
    for state in states(game, 20):
        root = drawn(game, state)
        assert root.tag == SVG + "svg" and root.get("role") == "img"
        assert (root.get("aria-label") or "").startswith(game.title)
        assert boards.draw(game, state) == boards.draw(game, state.clone())
        names = {name for one in root.iter() for name in one.attrib}
        assert not {n for n in names if n.startswith("on") or "href" in n or n in ("style", "id")}


def test_a_drawing_of_ones_own_is_one_file(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from gamegrid.games.pig import Pig\n"
        "from gamegrid.report.boards import Board\n"
        "BOARD = Board(Pig, lambda game, state: '<svg/>')\n"
    )
    pig = games.load("pig_20")
    assert boards.draw(pig, pig.spiel.new_initial_state()) is None
    with plugins.using([tmp_path]):
        assert boards.draw(pig, pig.spiel.new_initial_state()) == "<svg/>"

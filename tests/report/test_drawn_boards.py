"""Drawings: the state read back from an SVG's shapes is OpenSpiel's state."""

import re
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pyspiel
import pytest

from drawing_readers import BOARDS, SVG, Read, drawn, of, text
from drawing_readers import table as read_table
from gamegrid import games, plugins
from gamegrid.games.game import Game, apply
from gamegrid.report import boards, replay_section
from gamegrid.report.boards import chess_board, go_board, table
from gamegrid.report.palette import contrast

STATES = 1_000
TABLES = 250
"""States of games without a board, most of which have fewer different ones."""


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


# Reading shapes


# OpenSpiel's states


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
        yield read_table(drawn(game, state)), state


# Moves on boards

PLACED = [
    "tic_tac_toe", "connect_four", "sliding_crates", "hex_4", "breakthrough_5x4", "othello", "go_9",
    "chess", "nim", "lanterns", "number_scrabble", "dots_and_boxes",
]  # fmt: skip


@pytest.mark.parametrize("name", PLACED)
def test_a_move_has_a_place_of_its_own_on_the_drawing(name: str) -> None:
    game = games.load(name)
    for state in states(game, TABLES):
        if state.is_terminal():
            continue
        left, top, width, height = map(float, drawn(game, state).get("viewBox", "").split())
        seat = state.current_player()
        found = dict(zip(game.labels(state, seat), boards.spots(game, state, seat), strict=True))
        placed = [spot for label, spot in found.items() if label != "pass" and "=" not in label]
        assert None not in placed and len(set(placed)) == len(placed)
        for form, *numbers in (spot.plain() for spot in placed if spot is not None):
            x, y = numbers[:2] if form in ("ring", "box") else numbers[2:]
            assert left <= x <= left + width and top <= y <= top + height


@pytest.mark.parametrize("name", ["tic_tac_toe", "connect_four", "breakthrough_5x4", "chess"])
def test_a_move_ends_where_the_next_drawing_marks_it(name: str) -> None:
    game = games.load(name)
    for state in states(game, TABLES):
        if state.is_terminal():
            continue
        spots = boards.spots(game, state, state.current_player())
        for action, spot in list(zip(state.legal_actions(), spots, strict=True))[:3]:
            assert spot is not None
            x, y = spot.numbers[-2:] if spot.form == "arrow" else spot.numbers[:2]
            marks = of(drawn(game, state.child(action)), "last", "rect")
            assert any(
                float(mark.get("x") or 0) < x < float(mark.get("x") or 0) + 10
                and float(mark.get("y") or 0) < y < float(mark.get("y") or 0) + 10
                for mark in marks
            )


def test_marks_stand_out_from_boards_that_have_one_theme() -> None:
    """By WCAG 2: 3 for marks, 4.5 for letters."""
    sheet = (Path(replay_section.__file__).parent / "templates/replays.css").read_text("utf-8")
    [declared] = re.findall(r"svg\.wood \{(.*?)\}", sheet)
    marks = dict(re.findall(r"--(\w+): (#\w{6})", declared))
    grounds = (chess_board.LIGHT, chess_board.DARK, go_board.WOOD)
    assert marks.keys() >= {"own", "fallback", "ink"}
    for ground in grounds:
        assert min(contrast(marks[name], ground) for name in ("own", "fallback", "ink")) >= 3
    for ground in grounds[:2]:
        assert contrast(chess_board.NEW_EDGE, ground) >= 3
    assert contrast(table.CLOTH_INK, table.FELT) >= 4.5
    assert min(contrast(ink, table.CARD) for ink in (table.CARD_INK, table.CARD_RED)) >= 4.5
    assert min(contrast(card, table.FELT) for card in (table.CARD, table.BACK)) >= 3


# What a seat may know

HIDING = [
    "kuhn_poker", "kuhn_poker_3p", "leduc_poker", "liars_dice", "generated_cards", "sealed_parcels",
    "first_sealed_auction_3p", "goofspiel_4", "goofspiel_4_3p", "blackjack",
]  # fmt: skip


@pytest.mark.parametrize("name", HIDING)
def test_a_seat_sees_the_same_wherever_it_knows_the_same(name: str) -> None:
    """States with one observation have one drawing, and some of them are different states."""
    game = games.load(name)
    by_view: dict[tuple[int, str], set[str]] = {}
    truths: dict[tuple[int, str], set[str]] = {}
    for state in states(game, STATES):
        if state.is_terminal():
            continue
        for seat in range(game.players):
            if not state.is_simultaneous_node() and seat != state.current_player():
                continue
            view = seat, game.observation(state, seat)
            drawing = boards.seen(game, state, seat)
            assert drawing is not None
            by_view.setdefault(view, set()).add(drawing)
            truths.setdefault(view, set()).add(boards.draw(game, state) or "")
    assert all(len(drawings) == 1 for drawings in by_view.values())
    assert any(len(drawings) > 1 for drawings in truths.values())


def test_where_nothing_is_hidden_a_seat_sees_everything() -> None:
    game = games.load("tic_tac_toe")
    for state in states(game, 20):
        assert boards.seen(game, state, 0) == boards.draw(game, state)
    pig = games.load("phantom_ttt")
    assert boards.seen(pig, pig.spiel.new_initial_state(), 0) is None


# Chess in notation


def test_a_game_of_chess_in_pgn_and_fen_is_the_game_that_was_played() -> None:
    """Its moves, read back by OpenSpiel, lead through the same positions."""
    game = games.load("chess")
    notation, luck = boards.notation(game), Random(5)
    assert notation is not None
    for plies in (0, 1, 40, 400):
        state, positions = game.spiel.new_initial_state(), []
        while len(positions) < plies and not state.is_terminal():
            apply(state, luck.choice(state.legal_actions()))
            positions.append(notation.position(state))
        written = notation.record(game, state.history(), ['the "black" \\ one', "a\nb"])
        head, body = written.split("\n\n")
        tags = dict(re.findall(r'^\[(\w+) "(.*)"\]$', head, re.MULTILINE))
        assert tags["White"] == "a?b" and tags["Black"] == r"the \"black\" \\ one"
        assert list(tags) == ["Event", "Site", "Date", "Round", "White", "Black", "Result"]
        assert all(len(line) < 80 for line in body.split("\n"))
        *moves, result = re.sub(r"\b\d+\.", " ", body).split()
        assert result == tags["Result"]
        again, found = game.spiel.new_initial_state(), []
        for move in moves:
            apply(again, again.string_to_action(move))
            found.append(str(again))
        assert found == positions
        if state.is_terminal():
            white = state.returns()[1]
            assert result == {1: "1-0", 0: "1/2-1/2", -1: "0-1"}[white]
        else:
            assert result == "*"


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

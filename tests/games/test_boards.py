"""The stated rules of the board games agree with OpenSpiel, game by game.

The tests read what a player sees back from its text, so a wrong picture fails.
"""

import re
from collections.abc import Iterator
from functools import reduce
from itertools import product, takewhile
from operator import xor

import pyspiel
import pytest

from arena import random_decisions
from board_text import LINES, Cells, column_letters, joins, labels, neighbours, picture
from gamegrid import games
from gamegrid.games.game import Game, Oracle, apply
from gamegrid.oracles.minimax import Minimax
from gamegrid.plan.deals import opening

VARIANTS = (
    "misere_tic_tac_toe",
    "hex(board_size=2)",
    "hex(board_size=3)",
    "hex_4",
    "hex",
    "nim",
    "nim_normal",
    "nim(is_misere=false,pile_sizes=1;1;1)",
    "nim(pile_sizes=1;1;8)",
    "nim(pile_sizes=9;40;50)",
    "breakthrough_5x4",
    "breakthrough(rows=3,columns=2)",
    "breakthrough(rows=4,columns=3)",
    "breakthrough",
    "clobber",
    "clobber(rows=2,columns=2)",
    "clobber(rows=3,columns=2)",
    "clobber(rows=2,columns=3)",
    "clobber(rows=3,columns=3)",
    "clobber(rows=3,columns=4)",
    "othello",
    "go",
    "go_9",
    "dots_and_boxes",
    "dots_and_boxes(num_rows=1,num_cols=2)",
    "dots_and_boxes(num_rows=1,num_cols=3)",
    "dots_and_boxes(num_rows=8,num_cols=8)",
)


def ends(game: Game, playouts: int) -> Iterator[tuple[pyspiel.State, int, int, pyspiel.State]]:
    """Yield the last move of random playouts: state before it, mover, action, final state."""
    for history, state in random_decisions(game, playouts):
        for action in state.legal_actions():
            after = state.child(action)
            if after.is_terminal():
                yield state, state.current_player(), action, after
        assert len(history) < game.max_plies


@pytest.mark.parametrize("name", VARIANTS)
def test_every_deal_has_an_undecided_opening_and_deals_differ(name: str) -> None:
    game, minimax = games.load(name), Minimax()
    openings = [opening(game, 1, deal, game.opening_plies, minimax) for deal in range(10)]
    assert all(len(moves) == game.opening_plies for moves in openings)
    assert not any(game.replay(moves).is_terminal() for moves in openings)
    assert len({tuple(map(str, moves)) for moves in openings}) > (1 if game.opening_plies else 0)


@pytest.mark.parametrize("name", VARIANTS)
def test_the_rules_name_the_seats_and_who_moves_first(name: str) -> None:
    game = games.load(name)
    assert game.spiel.new_initial_state().current_player() == 0
    assert f"{game.seat_name(0)} moves first" in game.rules()
    assert game.seat_name(1) in game.rules()


# Misère tic-tac-toe


@pytest.mark.parametrize(("name", "line"), [("tic_tac_toe", 1.0), ("misere_tic_tac_toe", -1.0)])
def test_a_line_wins_tic_tac_toe_and_loses_its_misere_form(name: str, line: float) -> None:
    game = games.load(name)
    assert ("LOSES" in game.rules()) is ("loses" in game.title) is (line < 0)
    results = set()
    for before, seat, _, after in ends(game, 40):
        boards = [picture(game.observation(state, seat)) for state in (before, after)]
        held = [{c for c, m in board.items() if m == game.seat_name(seat)} for board in boards]
        assert not any(cells <= held[0] for cells in LINES)
        made = any(cells <= held[1] for cells in LINES)
        assert made or len(boards[1]) == 9
        assert after.returns()[seat] == (line if made else 0.0)
        results.add((seat, made))
    assert results >= {(0, True), (1, True), (0, False)}


# Hex


def hex_chains(game: Game, state: pyspiel.State, side: int) -> dict[str, bool]:
    """Return whether each player has joined its sides in the picture."""
    letters = column_letters(side)
    edges = {
        "the top row": {f"{c}1" for c in letters},
        "the bottom row": {f"{c}{side}" for c in letters},
        "the left column": {f"a{n + 1}" for n in range(side)},
        "the right column": {f"{letters[-1]}{n + 1}" for n in range(side)},
    }
    joined = {}
    for seat, mark in enumerate("xo"):
        observation = game.observation(state, seat)
        told = observation.split(f"You are {mark} and join ")[1].split(";")[0]
        assert f"{mark} tries to join {told}" in game.rules()
        assert f"; {mark} joins {told}. " in game.observation(state, 1 - seat)
        start, goal = (edges[edge] for edge in told.split(" to "))
        stones = {cell for cell, owner in picture(observation).items() if owner == mark}
        joined[mark] = joins(stones, start, goal)
    return joined


@pytest.mark.parametrize(("name", "side"), [("hex(board_size=2)", 2), ("hex_4", 4), ("hex", 11)])
def test_hex_is_won_by_the_chain_that_the_picture_shows(name: str, side: int) -> None:
    game = games.load(name)
    assert f"{side} rows and {side} columns" in game.rules()
    assert len(labels(game, game.spiel.new_initial_state())) == side * side
    winners = set()
    for before, seat, _, after in ends(game, 12 if side < 11 else 2):
        assert not any(hex_chains(game, before, side).values())
        assert hex_chains(game, after, side) == {"x": seat == 0, "o": seat == 1}
        assert after.returns()[seat] == 1.0
        winners.add(seat)
    assert winners


@pytest.mark.parametrize("name", ["hex(board_size=3)", "hex_5", "hex(board_size=19)"])
def test_hex_shows_every_stone_where_it_was_placed(name: str) -> None:
    game = games.load(name)
    side = int(game.spiel.get_parameters()["board_size"])
    for history, state in random_decisions(game, 1 if side == 19 else 8):
        replay, placed = game.spiel.new_initial_state(), Cells()
        for action in history:
            seat = replay.current_player()
            placed[game.label(replay, seat, int(str(action)))] = "xo"[seat]
            apply(replay, action)
        observation = game.observation(state, state.current_player())
        assert picture(observation) == placed
        assert listed(observation) == placed
        assert set(labels(game, state)) == {
            f"{c}{n + 1}" for c in column_letters(side) for n in range(side)
        } - set(placed)


def listed(observation: str) -> Cells:
    """Return the stones of a Hex observation as listed in its text."""
    cells = Cells()
    for line in observation.split("\n")[-2:]:
        owner, names = line.removeprefix("Stones of ").removesuffix(".").split(": ")
        cells |= {name: owner for name in names.split(", ") if name != "none"}
    return cells


def test_the_picture_of_hex_puts_neighbours_next_to_each_other() -> None:
    """Cells that touch are two characters apart in a row, or one to the side in the next row."""
    game = games.load("hex_5")
    board = game.observation(game.spiel.new_initial_state(), 0).split("\n")[2:7]
    place = {
        f"{'abcde'[n]}{row + 1}": (row, column)
        for row, line in enumerate(board)
        for n, column in enumerate(i for i, mark in enumerate(line) if mark == ".")
    }
    assert len(place) == 25
    for here, (row, column) in place.items():
        touching = {
            other
            for other, (r, c) in place.items()
            if (r == row and abs(c - column) == 2) or (abs(r - row) == 1 and abs(c - column) == 1)
        }
        assert touching == neighbours(here) & set(place)
    around_b2 = game.rules().split("b2 has the neighbours ")[1].split(". ")[0]
    assert set(around_b2.split(", ")) == neighbours("b2")


# Nim


def piles(observation: str) -> list[int]:
    """Return the piles listed in an observation of Nim."""
    found = re.findall(r"^Pile (\d+): (no|\d+) objects?\.$", observation, re.MULTILINE)
    assert [int(number) for number, _ in found] == list(range(1, len(found) + 1))
    return [0 if size == "no" else int(size) for _, size in found]


NIM = ["nim", "nim_normal", "nim(pile_sizes=1;1;8)", "nim(pile_sizes=2;9;11,is_misere=false)"]


@pytest.mark.parametrize("name", NIM)
def test_nim_takes_from_the_piles_as_its_words_say(name: str) -> None:
    game = games.load(name)
    start = game.observation(game.spiel.new_initial_state(), 0)
    told = re.findall(r"pile \d+ has (\d+) objects?", game.rules())
    assert list(map(int, told)) == piles(start)
    for _, state in random_decisions(game, 20):
        seat = state.current_player()
        left = piles(game.observation(state, seat))
        moves = [
            f"take {k} from pile {n}" for n, size in enumerate(left, 1) for k in range(1, size + 1)
        ]
        assert sorted(labels(game, state)) == sorted(moves)
        for action in state.legal_actions():
            _, taken, _, _, pile = game.label(state, seat, action).split()
            after = [size - int(taken) * (n == int(pile)) for n, size in enumerate(left, 1)]
            assert piles(game.observation(state.child(action), seat)) == after


@pytest.mark.parametrize("name", NIM)
def test_nim_is_decided_by_the_last_object_as_its_rules_say(name: str) -> None:
    game = games.load(name)
    wins = "very last object of all wins" in game.rules()
    assert wins is not ("very last object of all loses" in game.rules())
    assert wins is ("the last object wins" in game.title)
    winners = set()
    for before, seat, _, after in ends(game, 20):
        assert (
            sum(piles(game.observation(before, seat)))
            > 0
            == sum(piles(game.observation(after, seat)))
        )
        assert after.returns()[seat] == (1.0 if wins else -1.0)
        winners.add(seat)
    assert winners == {0, 1}


@pytest.mark.parametrize("misere", ["true", "false"])
def test_the_oracle_of_nim_agrees_with_the_nim_sum(misere: str) -> None:
    """Bouton 1901: the mover loses at nim-sum 0; misère differs only once all piles are 1."""
    game, minimax = games.load(f"nim(pile_sizes=2;3;4,is_misere={misere})"), Minimax()
    assert game.oracle is Oracle.EXACT
    for _, state in random_decisions(game, 20):
        left = piles(game.observation(state, 0))
        lost = reduce(xor, left) == 0
        if misere == "true" and max(left) == 1:
            lost = not lost
        sign = 1 if state.current_player() == 0 else -1
        assert minimax.value(state) == (-sign if lost else sign)


# Breakthrough


def breakthrough_moves(board: Cells, seat: int) -> dict[str, Cells]:
    """Return the legal moves of a picture and the pictures they lead to, by the stated rules."""
    own, other, down = (("x", "o", 1), ("o", "x", -1))[seat]
    letters = column_letters(26)
    moves: dict[str, Cells] = {}
    for here in (name for name, mark in board.items() if mark == own):
        for aside in (-1, 0, 1):
            column, row = letters.find(here[0]) + aside, int(here[1:]) + down
            there = f"{letters[column]}{row}" if 0 <= column < 26 else ""
            after = {name: mark for name, mark in board.items() if name != here} | {there: own}
            if there not in board:
                moves[f"{here} to {there}"] = after
            elif aside and board[there] == other:
                moves[f"{here} takes {there}"] = after
    return moves


BREAKTHROUGH = [(3, 2), (4, 3), (6, 6), (8, 8), (11, 3)]


@pytest.mark.parametrize(("height", "width"), BREAKTHROUGH)
def test_breakthrough_moves_and_ends_as_its_rules_say(height: int, width: int) -> None:
    game = games.load(f"breakthrough(rows={height},columns={width})")
    all_cells = {f"{c}{r + 1}" for c in column_letters(width) for r in range(height)}
    goals = (f"{height}", "1")
    assert f"row {goals[0]} for x, row {goals[1]} for o" in game.rules()
    outcomes = set()
    for _, state in random_decisions(game, 4):
        seat = state.current_player()
        observation = game.observation(state, seat)
        assert f"move {('down', 'up')[seat]}, towards row {goals[seat]}. " in observation
        board = picture(observation)
        assert set(board) <= all_cells
        expected = {
            move: after
            for move, after in breakthrough_moves(board, seat).items()
            if set(after) <= all_cells
        }
        assert set(labels(game, state)) == set(expected)
        for action in state.legal_actions():
            after = state.child(action)
            shown = picture(game.observation(after, seat))
            assert shown == expected[game.label(state, seat, action)]
            there = game.label(state, seat, action).split()[-1]
            over = there[1:] == goals[seat] or "ox"[seat] not in shown.values()
            assert after.is_terminal() is over
            if over:
                assert after.returns()[seat] == 1.0
                outcomes.add(seat)
    assert outcomes


@pytest.mark.parametrize(("height", "width"), BREAKTHROUGH)
def test_breakthrough_begins_as_its_rules_say(height: int, width: int) -> None:
    game = games.load(f"breakthrough(rows={height},columns={width})")
    x, o = re.findall(r"fill rows? (\d+(?: and \d+)?) at", game.rules())
    filled = dict.fromkeys(x.split(" and "), "x") | dict.fromkeys(o.split(" and "), "o")
    assert picture(game.observation(game.spiel.new_initial_state(), 0)) == {
        f"{c}{row}": mark for row, mark in filled.items() for c in column_letters(width)
    }


# Dots and Boxes


def drawing(observation: str) -> tuple[set[str], dict[str, int]]:
    """Return the drawn lines by label, and each box's owner (1 or 2) by its top left dot."""
    lines = observation.split("\n")
    letters, rows = lines[1].split(), lines[2:-1]
    drawn, owners = set(), {}
    for number, line in enumerate(rows):
        row = number // 2 + 1
        assert number % 2 or line.startswith(f"{row} +")
        cells = line[2:].ljust(4 * len(letters))
        for k, c in enumerate(letters):
            mark, inner = cells[4 * k], cells[4 * k + 1 : 4 * k + 4]
            if number % 2:
                assert mark in " |"
                assert inner.strip() in ("", "1", "2")
                if mark == "|":
                    drawn.add(f"vertical line {c}{row}-{c}{row + 1}")
                if inner.strip():
                    owners[f"{c}{row}"] = int(inner)
            else:
                assert mark == "+"
                assert inner in ("   ", "---")
                if inner == "---":
                    drawn.add(f"horizontal line {c}{row}-{letters[k + 1]}{row}")
    counted = re.findall(r"Player (\d) owns (\d+)", lines[-1])
    assert {int(p): int(n) for p, n in counted} == {
        p: list(owners.values()).count(p) for p in (1, 2)
    }
    return drawn, owners


def sides(corner: str) -> set[str]:
    """Return the four lines around the box with this top left dot."""
    c, r = corner[0], int(corner[1:])
    d = chr(ord(c) + 1)
    return {
        f"horizontal line {c}{r}-{d}{r}",
        f"horizontal line {c}{r + 1}-{d}{r + 1}",
        f"vertical line {c}{r}-{c}{r + 1}",
        f"vertical line {d}{r}-{d}{r + 1}",
    }


@pytest.mark.parametrize(("height", "width"), [(2, 2), (1, 2), (1, 3), (3, 2), (8, 4)])
def test_dots_and_boxes_goes_as_its_rules_say(height: int, width: int) -> None:
    game = games.load(f"dots_and_boxes(num_rows={height},num_cols={width})")
    corners = {f"{c}{r + 1}" for c in column_letters(width) for r in range(height)}
    every_line = set().union(*map(sides, corners))
    assert f"{height + 1} rows of {width + 1} dots" in game.rules()
    assert f"there are {len(corners)} boxes" in game.rules()
    assert ("game is a draw" in game.rules()) is (len(corners) % 2 == 0)
    ended = set()
    for _, state in random_decisions(game, 1 if height == 8 else 20):
        seat = state.current_player()
        drawn, owners = drawing(game.observation(state, seat))
        assert set(labels(game, state)) == every_line - drawn
        assert {corner for corner in corners if sides(corner) <= drawn} == set(owners)
        for action in state.legal_actions():
            after = state.child(action)
            line = game.label(state, seat, action)
            now = drawing(game.observation(after, seat))
            made = {box for box in corners if sides(box) <= drawn | {line}} - set(owners)
            assert now == (drawn | {line}, owners | dict.fromkeys(made, seat + 1))
            assert after.is_terminal() is (now[0] == every_line)
            if after.is_terminal():
                points = [list(now[1].values()).count(n) for n in (1, 2)]
                result = (points[0] > points[1]) - (points[0] < points[1])
                assert after.returns() == [result, -result]
                ended.add(result)
            else:
                assert after.current_player() == (seat if made else 1 - seat)
    assert ended
    assert (0 in ended) <= (len(corners) % 2 == 0)


# Clobber


def clobber_moves(board: Cells, mark: str) -> dict[str, Cells]:
    """Return the legal moves of a picture and the pictures they lead to, by the stated rules."""
    moves: dict[str, Cells] = {}
    for here in (name for name, owner in board.items() if owner == mark):
        column, row = ord(here[0]), int(here[1:])
        for right, down in ((0, -1), (1, 0), (0, 1), (-1, 0)):
            there = f"{chr(column + right)}{row + down}"
            if there in board and board[there] != mark:
                left = {name: owner for name, owner in board.items() if name != here}
                moves[f"{here} takes {there}"] = left | {there: mark}
    return moves


@pytest.mark.parametrize(("height", "width"), [(2, 2), (3, 4), (5, 6), (12, 3)])
def test_clobber_goes_as_its_rules_say(height: int, width: int) -> None:
    game = games.load(f"clobber(rows={height},columns={width})")
    start = picture(game.observation(game.spiel.new_initial_state(), 0))
    letters = column_letters(width)
    assert start == {
        f"{c}{r}": "ox"[(k + height - r) % 2]
        for k, c in enumerate(letters)
        for r in range(1, height + 1)
    }
    assert f"in the bottom left cell a{height}" in game.rules()
    losers = set()
    for _, state in random_decisions(game, 5):
        seat = state.current_player()
        expected = clobber_moves(picture(game.observation(state, seat)), game.seat_name(seat))
        assert set(labels(game, state)) == set(expected)
        for action in state.legal_actions():
            after = state.child(action)
            shown = picture(game.observation(after, seat))
            assert shown == expected[game.label(state, seat, action)]
            over = not clobber_moves(shown, game.seat_name(1 - seat))
            assert after.is_terminal() is over
            if over:
                assert after.returns()[seat] == 1.0
                losers.add(1 - seat)
    assert losers


# Othello


def othello_moves(board: Cells, mark: str) -> dict[str, Cells]:
    """Return the legal moves of a picture and the pictures they lead to, by the stated rules."""
    moves: dict[str, Cells] = {}
    for column, row in product(range(8), range(8)):
        here = f"{'abcdefgh'[column]}{row + 1}"
        turned = set[str]()
        for right, down in product((-1, 0, 1), repeat=2):
            line = [
                f"{'abcdefgh'[column + right * k]}{row + down * k + 1}"
                for k in range(1, 8)
                if 0 <= column + right * k < 8 and 0 <= row + down * k < 8
            ]
            enclosed = list(takewhile(lambda name: board.get(name, mark) != mark, line))
            if len(enclosed) < len(line) and board.get(line[len(enclosed)]) == mark:
                turned |= set(enclosed)
        if here not in board and turned:
            moves[here] = board | dict.fromkeys((here, *turned), mark)
    return moves or {"pass": board}


def test_othello_goes_as_its_rules_say() -> None:
    game = games.load("othello")
    start = game.spiel.new_initial_state()
    x, o = re.findall(r"has discs on (.*?) and o on (.*?)\. ", game.rules())[0]
    told = dict.fromkeys(x.split(", "), "x") | dict.fromkeys(o.split(", "), "o")
    assert picture(game.observation(start, 0)) == told
    assert len(labels(game, start)) == 4
    passes, results = 0, set()
    for _, state in random_decisions(game, 8):
        seat = state.current_player()
        observation = game.observation(state, seat)
        board = picture(observation)
        marks = list(board.values())
        assert observation.endswith(f"Discs: x {marks.count('x')}, o {marks.count('o')}.")
        expected = othello_moves(board, game.seat_name(seat))
        assert set(labels(game, state)) == set(expected)
        passes += "pass" in expected
        if len(expected) > 4:
            continue
        for action in state.legal_actions():
            after = state.child(action)
            shown = picture(game.observation(after, seat))
            assert shown == expected[game.label(state, seat, action)]
            stuck = [set(othello_moves(shown, mark)) == {"pass"} for mark in "xo"]
            assert after.is_terminal() is all(stuck)
            if after.is_terminal():
                counts = [list(shown.values()).count(mark) for mark in "xo"]
                result = (counts[0] > counts[1]) - (counts[0] < counts[1])
                assert after.returns() == [result, -result]
                results.add(result)
            else:
                assert after.current_player() == 1 - seat
    assert passes
    assert results >= {1, -1}


def test_a_game_of_othello_can_be_drawn() -> None:
    """The rules mention draws, and random play reaches one."""
    game = games.load("othello")
    draws = (s.child(a) for _, s in random_decisions(game, 60) for a in s.legal_actions())
    drawn = next(state for state in draws if state.is_terminal() and state.returns() == [0.0, 0.0])
    marks = list(picture(game.observation(drawn, 0)).values())
    assert marks.count("x") == marks.count("o")

"""Chess: the picture shows the position, each label names one move, and White is seat 1."""

import json
from collections import Counter
from collections.abc import Iterator
from random import Random

import pyspiel
import pytest

from arena import bot, play_one, setup
from board_text import Cells, labels
from gamegrid import games
from gamegrid.backends.backend import FinishReason
from gamegrid.games.game import Game
from gamegrid.games.labels import normalise
from gamegrid.oracles.minimax import Minimax
from gamegrid.plan.deals import opening
from gamegrid.prompts.parser import parse
from gamegrid.records.record_types import EpisodeStatus, Failure

FILES = "abcdefgh"
LETTERS = {"PAWN": "p", "KNIGHT": "n", "BISHOP": "b", "ROOK": "r", "QUEEN": "q", "KING": "k"}
STEPS = {
    "n": [(1, 2), (2, 1), (-1, 2), (-2, 1), (1, -2), (2, -1), (-1, -2), (-2, -1)],
    "k": [(c, r) for c in (-1, 0, 1) for r in (-1, 0, 1) if (c, r) != (0, 0)],
}
RAYS = {
    "r": [(0, 1), (1, 0), (0, -1), (-1, 0)],
    "b": [(1, 1), (1, -1), (-1, 1), (-1, -1)],
    "q": STEPS["k"],
}


@pytest.fixture(name="chess", scope="module")
def _chess() -> Game:
    """Chess, loaded once for the whole module."""
    return games.load("chess")


def picture(observation: str) -> Cells:
    """Parse the board: rank 8 first, the file letters under rank 1."""
    lines = observation.split("\n")[1:]
    assert [line[0] for line in lines[:8]] == list("87654321")
    assert lines[8].split() == list(FILES)
    squares = {
        f"{file}{rank}": mark
        for rank, *marks in map(str.split, lines[:8])
        for file, mark in zip(FILES, marks, strict=True)
    }
    return {square: mark for square, mark in squares.items() if mark != "."}


def standing(state: pyspiel.State) -> Cells:
    """Return the pieces of OpenSpiel's own board, square by square."""
    board, cells = state.board(), Cells()
    for column, file in enumerate(FILES):
        for row in range(8):
            piece = board.at(pyspiel.chess.Square(column, row))
            if piece.type != pyspiel.chess.PieceType.EMPTY:
                letter = LETTERS[piece.type.name]
                white = piece.color == pyspiel.chess.Color.WHITE
                cells[f"{file}{row + 1}"] = letter.upper() if white else letter
    return cells


def shifted(square: str, step: tuple[int, int]) -> str:
    """Return the square some files and ranks away; off the board, the name matches no square."""
    return f"{chr(ord(square[0]) + step[0])}{int(square[1:]) + step[1]}"


def attacks(board: Cells, square: str) -> set[str]:
    """Return the squares that the piece on ``square`` attacks."""
    mark = board[square]
    kind = mark.lower()
    if kind == "p":
        return {shifted(square, (side, 1 if mark == "P" else -1)) for side in (-1, 1)}
    if kind in STEPS:
        return {shifted(square, step) for step in STEPS[kind]}
    found = set()
    for step in RAYS[kind]:
        here = square
        for _ in range(7):
            here = shifted(here, step)
            found.add(here)
            if here in board:
                break
    return found


def is_attacked(board: Cells, square: str, by_white: bool) -> bool:
    return any(
        square in attacks(board, here) for here, mark in board.items() if mark.isupper() is by_white
    )


def walk(game: Game, playouts: int, plies: int, seed: int = 11) -> Iterator[pyspiel.State]:
    """Yield the decisions of random playouts of at most ``plies`` plies."""
    luck = Random(seed)
    for _ in range(playouts):
        state = game.spiel.new_initial_state()
        while not state.is_terminal() and state.move_number() < plies:
            yield state.clone()
            state.apply_action(luck.choice(state.legal_actions()))


def played(game: Game, moves: str, fen: str = "") -> pyspiel.State:
    """Return the state after moves given by their labels."""
    state = game.spiel.new_initial_state(fen) if fen else game.spiel.new_initial_state()
    for move in moves.split():
        named = dict(zip(labels(game, state), state.legal_actions(), strict=True))
        state.apply_action(named[move])
    return state


def line(observation: str, holds: str) -> str:
    return next(line for line in observation.split("\n") if holds in line)


# The observation


def test_the_picture_is_the_position_and_check_is_told(chess: Game) -> None:
    told: Counter[str] = Counter()
    for state in walk(chess, 8, 300):
        observation, white = chess.observation(state, 0), state.current_player() == 1
        board = picture(observation)
        assert board == standing(state)
        king = next(here for here, mark in board.items() if mark == ("K" if white else "k"))
        check = is_attacked(board, king, by_white=not white)
        turn = line(observation, " to move (move ")
        assert turn.startswith("White to move" if white else "Black to move")
        assert turn.endswith("), in check." if check else ").")
        told["check"] += check
        fen = line(observation, "Forsyth-Edwards").split(": ")[1]
        assert pyspiel.load_game("chess").new_initial_state(fen).legal_actions() == (
            state.legal_actions()
        )
        _, _, rights, passed, quiet, _ = fen.split()
        castling = line(observation, "Castling rights left: ")
        for letter, words in zip(
            "KQkq", ("White O-O", "White O-O-O", "Black O-O", "Black O-O-O"), strict=True
        ):
            assert (letter in rights) is (
                words in castling.split(": ")[1].split(". ")[0].split(", ")
            )
        assert castling.endswith(f"possible on: {'none' if passed == '-' else passed}.")
        told["en passant"] += passed != "-"
        assert f"both players together: {quiet} (at 100 the game is drawn)" in observation
    assert told["check"] and told["en passant"]


def test_a_position_about_to_be_there_for_the_third_time_is_told(chess: Game) -> None:
    shuffle = "Nf3 Nf6 Ng1 Ng8"
    once = played(chess, f"{shuffle} Nf3 Nf6 Ng1")
    assert "third time: Ng8." in chess.observation(once, 0)
    assert "come up for the second time" in chess.observation(once, 0)
    twice = played(chess, shuffle)
    assert "come up for the second time" in chess.observation(twice, 0)
    assert chess.observation(twice, 0).endswith("third time: none.")
    drawn = played(chess, f"{shuffle} {shuffle}")
    assert drawn.is_terminal()
    assert drawn.returns() == [0.0, 0.0]


def test_the_moves_told_to_repeat_are_those_that_do(chess: Game) -> None:
    """In a rook ending, where random play revisits positions."""
    luck, told = Random(2), 0
    for _ in range(12):
        state = chess.spiel.new_initial_state("k7/8/8/8/8/8/8/6RK w - - 0 1")
        seen = Counter([" ".join(str(state).split()[:4])])
        while not state.is_terminal():
            observation, mover = chess.observation(state, 0), state.current_player()
            after = {
                chess.label(state, mover, a): " ".join(str(state.child(a)).split()[:4])
                for a in state.legal_actions()
            }
            thirds = [move for move, position in after.items() if seen[position] == 2]
            assert observation.endswith(f"for the third time: {', '.join(thirds) or 'none'}.")
            told += len(thirds)
            # King moves repeat positions most often.
            move = luck.choice([m for m in after if m[0] == "K"] or list(after))
            state = state.child(dict(zip(after, state.legal_actions(), strict=True))[move])
            seen[after[move]] += 1
    assert told > 10


# Labels


def test_every_label_names_one_move_by_itself(chess: Game) -> None:
    for state in walk(chess, 8, 300, seed=4):
        shown = labels(chess, state)
        assert len({normalise(label) for label in shown}) == len(shown)
        assert not any(sign in label for label in shown for sign in "+#!")


def test_a_label_says_what_moves_where_and_whether_it_captures(chess: Game) -> None:
    seen: Counter[str] = Counter()
    for number, state in enumerate(walk(chess, 4, 200, seed=5)):
        if number % 4:
            continue
        white, board = state.current_player() == 1, standing(state)
        for action, label in zip(state.legal_actions(), labels(chess, state), strict=True):
            after = standing(state.child(action))
            if label.startswith("O-O"):
                rank, file = ("1" if white else "8"), ("c" if label == "O-O-O" else "g")
                assert after[f"{file}{rank}"].lower() == "k"
                seen["castling"] += 1
                continue
            move, _, promoted = label.partition("=")
            piece, target = (move[0] if move[0].isupper() else "P"), move[-2:]
            lost = [here for here in board if here not in after]
            start = next(here for here in lost if board[here].isupper() is white)
            arrived = promoted or piece
            assert after[target] == (arrived if white else arrived.lower())
            assert board[start].upper() == piece
            assert (promoted != "") == (piece == "P" and target[1] in "18")
            takes = sum(map(str.isupper, board.values())) != sum(map(str.isupper, after.values()))
            if white:
                takes = sum(map(str.islower, board.values())) != sum(
                    map(str.islower, after.values())
                )
            assert ("x" in move) is takes
            hint = move.removeprefix(piece)[:-2].replace("x", "")
            assert hint in start
            seen["hint"] += bool(hint)
            seen["promotion"] += bool(promoted)
    assert seen["hint"] and seen["promotion"]


@pytest.mark.parametrize(
    ("fen", "bishop", "pawn"),
    [
        ("4k3/8/8/8/8/2n5/1P6/4B1K1 w - - 0 1", "Be1xc3", ["b2xc3"]),
        ("4k1b1/8/8/1p6/2N5/8/8/4K3 b - - 0 1", "Bg8xc4", ["b5xc4"]),
        (
            "2r5/1P1B4/7k/8/8/8/8/4K3 w - - 0 1",
            "Bd7xc8",
            ["b7xc8=Q", "b7xc8=R", "b7xc8=B", "b7xc8=N"],
        ),
    ],
)
def test_a_bishop_and_a_pawn_that_take_on_one_square_name_where_they_start(
    chess: Game, fen: str, bishop: str, pawn: list[str]
) -> None:
    state = chess.spiel.new_initial_state(fen)
    shown = labels(chess, state)
    assert {bishop, *pawn} <= set(shown)
    for reply, expected in ((bishop, bishop), (bishop.lower(), bishop), (pawn[0], pawn[0])):
        assert parse(json.dumps({"action": reply}), FinishReason.STOP, shown).label == expected
    for doubtful in (f"Bx{bishop[-2:]}", f"bx{bishop[-2:]}"):
        reply = json.dumps({"action": doubtful})
        assert parse(reply, FinishReason.STOP, shown).failure is Failure.ILLEGAL


def test_without_doubt_captures_are_in_plain_algebraic_notation(chess: Game) -> None:
    state = played(chess, "e4 d5 b3 dxe4 a3 Qd5 a4 Qc4")
    assert {"b3xc4", "Bf1xc4"} <= set(labels(chess, state))
    state = played(chess, "e4 a6 a3 b5")
    assert "Bxb5" in labels(chess, state)
    for reply in ("Bxb5", "bxb5", "Bxb5!", "**Bxb5**"):
        shown = labels(chess, state)
        assert parse(f"Action: {reply}", FinishReason.STOP, shown).label == "Bxb5"


def test_a_move_with_its_sign_for_check_or_mate_is_read(chess: Game) -> None:
    state = played(chess, "f3 e5 g4")
    shown = labels(chess, state)
    assert "Qh4" in shown
    assert parse("Action: Qh4#", FinishReason.STOP, shown).label == "Qh4"


# Seats, rules, result


def test_white_moves_first_and_is_seat_1(chess: Game) -> None:
    start = chess.spiel.new_initial_state()
    assert chess.seat_name(start.current_player()) == "White"
    assert start.current_player() == 1
    assert "White moves first" in chess.rules()
    assert chess.observation(start, 0).startswith("You are Black.")
    assert chess.observation(start, 1).startswith("You are White.")
    moves = played(chess, "f3 e5 g4 Qh4").history()
    assert chess.history(moves, 0) == ["White: f3", "You: e5", "White: g4", "You: Qh4"]
    assert chess.history(moves, 1) == ["You: f3", "Black: e5", "You: g4", "Black: Qh4"]


def test_checkmate_wins_for_the_seat_that_gives_it(chess: Game) -> None:
    mated = played(chess, "f3 e5 g4 Qh4")
    assert mated.returns() == [1.0, -1.0]
    mated = played(chess, "e4 e5 Qh5 Nc6 Bc4 Nf6 Qxf7")
    assert mated.returns() == [-1.0, 1.0]


@pytest.mark.parametrize(
    ("fen", "move", "returns"),
    [
        # Stalemate; a capture that leaves bare kings; a knight; bishops on one colour.
        ("k7/8/1K6/8/8/8/8/2Q5 w - - 0 1", "Qc7", [0.0, 0.0]),
        ("k7/8/8/8/8/8/1r6/K7 w - - 0 1", "Kxb2", [0.0, 0.0]),
        ("k7/8/8/8/8/8/1r5N/K7 w - - 0 1", "Kxb2", [0.0, 0.0]),
        ("k4b2/8/8/8/8/8/1r6/K1B5 w - - 0 1", "Kxb2", [0.0, 0.0]),
        # A knight on each side can still mate, and so can two.
        ("k6n/8/8/8/8/8/1r5N/K7 w - - 0 1", "Kxb2", None),
        ("k7/8/8/8/8/8/1r4NN/K7 w - - 0 1", "Kxb2", None),
        # 50 moves each without capture or pawn move, and the exceptions.
        ("k7/8/1K6/8/8/8/8/7R w - - 99 80", "Rh2", [0.0, 0.0]),
        ("k7/8/1K6/8/8/8/8/7R w - - 98 80", "Rh2", None),
        ("k7/8/1K6/8/8/8/8/7R w - - 99 80", "Rh8", [-1.0, 1.0]),
    ],
)
def test_games_are_drawn_and_won_as_the_rules_say(
    chess: Game, fen: str, move: str, returns: list[float] | None
) -> None:
    state = played(chess, move, fen)
    assert state.is_terminal() is (returns is not None)
    assert state.returns() == (returns or [0.0, 0.0])
    rules = chess.rules()
    assert "at most one knight" in rules and "unless the last one gives checkmate" in rules


def test_castling_en_passant_and_promotion_are_told_as_labels_say(chess: Game) -> None:
    castling = chess.spiel.new_initial_state("r3k2r/8/8/8/8/8/8/R3K2R w KQkq - 0 1")
    assert {"O-O", "O-O-O"} <= set(labels(chess, castling))
    passing = played(chess, "e4 a6 e5 d5")
    assert "exd6" in labels(chess, passing)
    assert "En passant capture possible on: d6." in chess.observation(passing, 1)
    after = standing(passing.child(dict(_named(chess, passing))["exd6"]))
    assert "d5" not in after and after["d6"] == "P"


def _named(game: Game, state: pyspiel.State) -> list[tuple[str, int]]:
    return list(zip(labels(game, state), state.legal_actions(), strict=True))


def test_a_game_is_cut_off_as_a_draw_after_as_many_moves_as_the_rules_say(chess: Game) -> None:
    assert chess.max_plies == 200
    assert "usually after 100 moves of each player" in chess.rules()
    episode = play_one(
        setup(chess, ("bot", "bot"), max_plies=chess.max_plies, deal=2), {"bot": bot("random")}
    )
    assert episode.status is EpisodeStatus.TRUNCATED
    assert episode.plies == 200
    assert [seat.score for seat in episode.seats] == [0.5, 0.5]


def test_openings_leave_white_to_move_and_differ(chess: Game) -> None:
    openings = [opening(chess, 1, deal, chess.opening_plies, Minimax()) for deal in range(30)]
    assert len({tuple(map(str, moves)) for moves in openings}) == 30
    for moves in openings:
        state = chess.replay(moves)
        assert not state.is_terminal()
        assert chess.seat_name(state.current_player()) == "White"

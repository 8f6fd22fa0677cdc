"""The stated rules of Go, played from their text alone, agree with OpenSpiel."""

from collections.abc import Iterator
from random import Random

import pyspiel
import pytest

from arena import bot, play_one, setup
from board_text import Cells, column_letters, labels, picture
from gamegrid import games
from gamegrid.errors import UserError
from gamegrid.games.game import Game
from gamegrid.records.record_types import EpisodeStatus

MARKS = ("X", "O")


def around(name: str, side: int) -> list[str]:
    """Return the neighbours of a point that are on the board."""
    column, row = ord(name[0]) - ord("a"), int(name[1:])
    return [
        f"{column_letters(side)[column + c]}{row + r}"
        for c, r in ((0, -1), (-1, 0), (1, 0), (0, 1))
        if 0 <= column + c < side and 1 <= row + r <= side
    ]


def joined(board: Cells, start: str, side: int) -> tuple[set[str], set[str]]:
    """Return the points connected to ``start`` with equal content, and the contents they touch."""
    mark, found, edge, waiting = board.get(start), set[str](), set[str](), [start]
    while waiting:
        here = waiting.pop()
        if here in found:
            continue
        found.add(here)
        for there in around(here, side):
            (waiting.append if board.get(there) == mark else edge.add)(there)
    return found, edge


def has_liberty(board: Cells, name: str, side: int) -> bool:
    return any(point not in board for point in joined(board, name, side)[1])


def placed(board: Cells, name: str, mark: str, side: int) -> tuple[Cells, set[str]] | None:
    """Return the board after a stone and the stones it captured; None if that is suicide."""
    after, captured = board | {name: mark}, set[str]()
    for there in around(name, side):
        if after.get(there, mark) != mark and not has_liberty(after, there, side):
            captured |= joined(after, there, side)[0]
    after = {point: owner for point, owner in after.items() if point not in captured}
    return (after, captured) if has_liberty(after, name, side) else None


def points(board: Cells, side: int, komi: float) -> list[float]:
    """Count stones and areas that touch one colour only, plus komi for White."""
    every = [f"{c}{r + 1}" for c in column_letters(side) for r in range(side)]
    count = [0.0, komi]
    for name in every:
        touched = {board[name]} if name in board else set[str]()
        if name not in board:
            touched = {board[point] for point in joined(board, name, side)[1]}
        if len(touched) == 1:
            count[MARKS.index(touched.pop())] += 1
    return count


class Table:
    """A game of Go that follows the stated rules and ignores OpenSpiel."""

    def __init__(self, side: int, komi: float, longest: int) -> None:
        self.side, self.komi, self.longest = side, komi, longest
        self.boards: list[Cells] = [{}]
        self.moves: list[str] = []
        self.ko: str | None = None

    def after(self, move: str) -> "Table | None":
        """Return the table after a move; None if the move is not allowed."""
        board, mark, ko = self.boards[-1], MARKS[len(self.moves) % 2], None
        if move != "pass":
            made = None if move in board else placed(board, move, mark, self.side)
            if made is None or move == self.ko:
                return None
            board, captured = made
            alone, edge = joined(board, move, self.side)
            if len(captured) == len(alone) == 1 and [p for p in edge if p not in board] == list(
                captured
            ):
                [ko] = captured
        table = Table(self.side, self.komi, self.longest)
        table.boards, table.moves, table.ko = [*self.boards, board], [*self.moves, move], ko
        return table

    def repeated(self) -> bool:
        return self.moves[-1:] != ["pass"] and self.boards[-1] in self.boards[:-1]

    def returns(self) -> list[float] | None:
        """Return the result, or None while the game goes on."""
        if self.repeated():
            return [0.0, 0.0]
        if self.moves[-2:] != ["pass", "pass"] and len(self.moves) < self.longest:
            return None
        black, white = points(self.boards[-1], self.side, self.komi)
        return [float((black > white) - (black < white)), float((white > black) - (white < black))]


def walk(game: Game, playouts: int) -> Iterator[tuple[Table, pyspiel.State]]:
    """Yield the decisions of random playouts beside a table on which the same moves were made."""
    luck, parameters = Random(7), game.spiel.get_parameters()
    for _ in range(playouts):
        state = game.spiel.new_initial_state()
        table = Table(parameters["board_size"], parameters["komi"], game.max_plies)
        while not state.is_terminal():
            yield table, state.clone()
            action = luck.choice(state.legal_actions())
            moved = table.after(game.label(state, state.current_player(), action))
            assert moved
            table = moved
            state.apply_action(action)


GAMES = [("go", 12), ("go(board_size=5,komi=3.0)", 6), ("go_7", 2), ("go_9", 1)]


@pytest.mark.parametrize(("name", "playouts"), GAMES)
def test_go_goes_as_its_rules_say(name: str, playouts: int) -> None:
    game = games.load(name)
    for number, (table, state) in enumerate(walk(game, playouts)):
        seat = state.current_player()
        observation = game.observation(state, seat)
        assert picture(observation) == table.boards[-1]
        assert f"Move {len(table.moves) + 1} of at most {game.max_plies}. " in observation
        assert f"Last move: {(table.moves or ['none'])[-1]}" in observation
        assert ("if you pass too, the game ends" in observation) is (table.moves[-1:] == ["pass"])
        if game.max_plies > 50 and number % 10:
            continue  # larger boards test no more per move than small ones, and take longer
        every = [f"{c}{r + 1}" for c in column_letters(table.side) for r in range(table.side)]
        expected = {move: table.after(move) for move in (*every, "pass")}
        allowed = {move: after for move, after in expected.items() if after}
        assert set(labels(game, state)) == set(allowed)
        for action in state.legal_actions():
            after, told = state.child(action), allowed[game.label(state, seat, action)]
            assert picture(game.observation(after, seat)) == told.boards[-1]
            assert after.is_terminal() is (told.returns() is not None)
            assert after.returns() == (told.returns() or [0.0, 0.0])


def played(game: Game, moves: str) -> pyspiel.State:
    """Return the state after moves given by their labels."""
    state = game.spiel.new_initial_state()
    for move in moves.split():
        named = dict(zip(labels(game, state), state.legal_actions(), strict=True))
        state.apply_action(named[move])
    return state


def told_draws(game: Game, state: pyspiel.State) -> str:
    observation = game.observation(state, state.current_player())
    return observation.split("end the game at once as a draw: ")[1].removesuffix(".")


def test_a_stone_that_took_one_may_not_be_taken_back_at_once() -> None:
    """Black takes the stone on c2 from d2; White may take it back after another move."""
    go = games.load("go")
    took = "b2 d1 c1 e2 c3 d3 a5 c2 d2"
    state = played(go, took)
    assert "c2" not in picture(go.observation(state, 1))
    assert "c2" not in labels(go, state)
    assert "d2" not in picture(go.observation(played(go, f"{took} e5 b5 c2"), 0))


def test_sending_two_stones_and_taking_one_back_is_told_and_draws() -> None:
    """White fills a1, loses two stones to c1, and recaptures one from b1: the position repeats."""
    go = games.load("go")
    before = "a2 c2 b2 d1 e5 b1 e4"
    state = played(go, f"{before} a1 c1")
    assert told_draws(go, played(go, before)) == "none"
    assert told_draws(go, state) == "b1"
    ended = played(go, f"{before} a1 c1 b1")
    assert picture(go.observation(ended, 0)) == picture(go.observation(played(go, before), 0))
    assert ended.is_terminal()
    assert ended.returns() == [0.0, 0.0]


def test_rows_are_counted_from_the_top_unlike_openspiels() -> None:
    go = games.load("go_9")
    start = go.spiel.new_initial_state()
    by_label = dict(zip(labels(go, start), start.legal_actions(), strict=True))
    assert start.action_to_string(0, by_label["a1"]) == "B a9"
    assert start.action_to_string(0, by_label["i9"]) == "B j1"  # OpenSpiel has no column i
    assert start.action_to_string(0, by_label["pass"]) == "B PASS"


@pytest.mark.parametrize("name", ["go", "go(board_size=5,komi=3.0)"])
def test_a_game_cut_off_is_decided_by_the_points_as_they_stand(name: str) -> None:
    game = games.load(name)
    found = set()
    for table, state in walk(game, 6):
        black, white = points(table.boards[-1], table.side, table.komi)
        expected = [0.5 + ((black > white) - (black < white)) / 2] * 2
        expected[1] = 1 - expected[0]
        assert list(game.adjudicate(state)) == expected
        found.add(expected[0])
    assert found >= ({0.0, 1.0} if table.komi % 1 else {0.0, 0.5, 1.0})


def test_the_points_are_the_score_of_an_episode_cut_off() -> None:
    game = games.load("go(board_size=5,komi=0.0)")
    episode = play_one(setup(game, ("bot", "bot"), max_plies=1), {"bot": bot("random")})
    assert episode.status is EpisodeStatus.TRUNCATED
    assert [seat.score for seat in episode.seats] == [1.0, 0.0]


def test_an_episode_ends_after_as_many_moves_as_the_rules_say() -> None:
    go = games.load("go")
    assert f"or after {go.max_plies} moves in all, passes included" in go.rules()
    episode = play_one(setup(go, ("bot", "bot")), {"bot": bot("random")})
    assert episode.status is EpisodeStatus.COMPLETE
    assert episode.plies <= go.max_plies


def test_komi_is_told_and_only_whole_points_can_tie() -> None:
    half, whole, none = (games.load(f"go(board_size=5,komi={k})") for k in (7.5, 3.0, 0.0))
    assert "White gets 7.5 points more" in half.rules()
    assert "if both have the same, the game is a draw" not in half.rules()
    assert "White gets 3 points more" in whole.rules()
    assert "if both have the same, the game is a draw" in whole.rules()
    assert "komi" not in none.rules()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("go(board_size=19)", "board_size must be 5, 7 or 9"),
        ("go(komi=0.5)", "board_size must be 5, 7 or 9"),
        ("go(board_size=5,komi=0.25)", "komi must be between 0.0 and 25.0, in steps of 0.5"),
        ("go(board_size=5,komi=-1.0)", "komi must be between 0.0 and 25.0, in steps of 0.5"),
        ("go(board_size=5,komi=25.5)", "komi must be between 0.0 and 25.0, in steps of 0.5"),
    ],
)
def test_other_boards_of_go_are_refused(name: str, reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        games.load(name)


def test_go_is_the_small_board_by_default_and_one_family() -> None:
    go = games.load("go")
    assert (go.name, go.load_string) == ("go", "go(board_size=5)")
    assert {games.load(name).family for name in ("go", "go_7", "go_9")} == {"go"}

"""Games in which nobody sees the other's marks: a seat learns exactly its information state."""

import re
from collections import defaultdict
from collections.abc import Iterable
from random import Random

import pyspiel
import pytest

from arena import PHANTOM, Point, bot, every_decision, play_one, random_decisions, setup
from board_text import LINES, Cells, labels, picture
from board_text import joins as hex_joins
from gamegrid import games
from gamegrid.agents.agent import kinds
from gamegrid.games.game import Game
from gamegrid.plan.grid import unsupported_reason

VARIANTS = (
    "phantom_ttt",
    "phantom_ttt(obstype=reveal-numturns)",
    "phantom_ttt(gameversion=abrupt)",
    "phantom_ttt(gameversion=abrupt,obstype=reveal-numturns)",
    "dark_hex",
    "dark_hex(obstype=reveal-numturns)",
    "dark_hex(gameversion=adh)",
    "dark_hex(board_size=4,gameversion=adh,obstype=reveal-numturns)",
)


def told(game: Game, points: Iterable[Point]) -> tuple[int, int]:
    """Assert that texts and information states correspond one to one.

    Returns the number of information states of seats to move, and how many of them arise from more
    than one hidden history.
    """
    words, observations = dict[str, tuple[str, ...]](), dict[str, str]()
    hidden = defaultdict[str, set[str]](set)
    for history, state in points:
        for seat in (0, 1):
            moves = state.current_player() == seat
            information = f"{seat}|{moves}|{state.information_state_string(seat)}"
            seen = (game.observation(state, seat), *game.history(history, seat))
            seen += tuple(labels(game, state)) if moves else ()
            assert words.setdefault(information, seen) == seen
            if moves:
                assert observations.setdefault(seen[0], information) == information
                hidden[information].add(str(history))
    return len(hidden), sum(len(histories) > 1 for histories in hidden.values())


@pytest.mark.parametrize("name", VARIANTS)
def test_a_seat_is_told_exactly_its_information_state(name: str) -> None:
    game = games.load(name)
    states, shared = told(game, random_decisions(game, 200))
    assert states > 500
    assert shared > 40


@pytest.mark.parametrize("version", ["cdh", "adh"])
@pytest.mark.parametrize("shown", ["reveal-nothing", "reveal-numturns"])
def test_in_the_smallest_game_every_information_state_is_told(version: str, shown: str) -> None:
    game = games.load(f"dark_hex(board_size=2,gameversion={version},obstype={shown})")
    every = {
        (state.current_player(), state.information_state_string())
        for _, state in every_decision(game)
    }
    states, shared = told(game, every_decision(game))
    assert states == len(every) > 90
    assert shared > 20


@pytest.mark.parametrize("name", VARIANTS)
def test_what_a_seat_knows_is_what_it_placed_and_ran_into(name: str) -> None:
    """Plays by the stated rules, with marks that nobody sees."""
    game, luck = games.load(name), Random(3)
    abrupt, ends = "gameversion=" in name, set()
    assert ("their turn is over: the other player moves" in game.rules()) is abrupt
    for _ in range(150):
        marks, known = Cells(), (Cells(), Cells())
        state, seat = game.spiel.new_initial_state(), 0
        while not state.is_terminal():
            assert state.current_player() == seat
            assert [picture(board(game, state, s)) for s in (0, 1)] == list(known)
            assert set(labels(game, state)) == cells(game) - set(known[seat])
            action = luck.choice(state.legal_actions())
            tried = game.label(state, seat, action)
            taken = tried in marks
            marks.setdefault(tried, "xo"[seat])
            known[seat][tried] = marks[tried]
            state.apply_action(action)
            seat = seat if taken and not abrupt else 1 - seat
        ends.add(tuple(state.returns()))
        assert list(state.returns()) == result(game, marks)
    assert {(1.0, -1.0), (-1.0, 1.0)} <= ends
    assert ((0.0, 0.0) in ends) is (game.short_name == "phantom_ttt")


def board(game: Game, state: pyspiel.State, seat: int) -> str:
    """Return an observation's lines, starting with the column letters."""
    lines = game.observation(state, seat).split("\n")
    start = next(n for n, line in enumerate(lines) if line.split()[:2] == ["a", "b"])
    return "\n".join(lines[start : start + 1 + side(game)])


def side(game: Game) -> int:
    return int(game.spiel.get_parameters().get("board_size", 3))


def cells(game: Game) -> set[str]:
    return {f"{c}{r + 1}" for c in "abcd"[: side(game)] for r in range(side(game))}


def result(game: Game, marks: Cells) -> list[float]:
    """Return the result according to the hidden marks."""
    held = [{cell for cell, mark in marks.items() if mark == own} for own in "xo"]
    if game.short_name == "phantom_ttt":
        won = [any(line <= own for line in LINES) for own in held]
        assert any(won) or len(marks) == 9
    else:
        won = [joins(held[0], 1, side(game)), joins(held[1], 0, side(game))]
        assert any(won)
    return [float(won[0]) - float(won[1]), float(won[1]) - float(won[0])]


def joins(stones: set[str], axis: int, last: int) -> bool:
    """Return whether stones join the first and last row (axis 1) or column (axis 0)."""
    letters = "abcd"[:last]
    edge = {(c, r): (letters.index(c) + 1, r)[axis] for c in letters for r in range(1, last + 1)}
    start = {f"{c}{r}" for (c, r), place in edge.items() if place == 1}
    goal = {f"{c}{r}" for (c, r), place in edge.items() if place == last}
    return hex_joins(stones, start, goal)


def test_outcomes_of_own_tries_and_nothing_of_the_others_are_in_the_history() -> None:
    game = games.load("phantom_ttt")
    played = [4, 4, 0, 1]
    state = game.replay(played)
    assert game.history(played, 0) == ["You: b2 (placed)", "You: b1 (placed)"]
    assert game.history(played, 1) == ["You: b2 (taken by x)", "You: a1 (placed)"]
    assert game.observation(state, 1) == (
        "You are o. You see your own marks and those of x on cells that you tried; a dot is a "
        "cell of which you know nothing.\n"
        "  a b c\n1 o . .\n2 . x .\n3 . . .\n"
        "Your tries so far: b2 (taken by x), a1 (placed)."
    )


def test_where_turns_are_revealed_each_try_of_the_other_is_told_without_its_cell() -> None:
    game = games.load("phantom_ttt(obstype=reveal-numturns)")
    played = [4, 4, 0, 1]
    hidden = "x: tried a cell"
    assert game.history(played, 1) == [
        hidden,
        "You: b2 (taken by x)",
        "You: a1 (placed)",
        hidden,
    ]
    assert "is told that a cell was tried" in game.rules()
    assert "is told nothing of this" in games.load("phantom_ttt").rules()


def test_dark_hex_tells_the_number_of_tries_as_openspiels_information_state_does() -> None:
    game = games.load("dark_hex")
    state = game.replay([4, 4, 0])
    assert state.information_state_string(0).split("\n")[3] == "3"
    assert game.observation(state, 0).endswith("Tries of both players so far, together: 3.")
    assert "know how many tries there have been in all" in game.rules()


@pytest.mark.parametrize("name", PHANTOM)
def test_searching_and_solving_bots_sit_out_and_say_why(name: str) -> None:
    game = games.load(name)
    why = {
        kind: unsupported_reason(kinds()[kind].settings(type=kind, **settings), game)
        for kind, settings in (
            ("mcts", {"simulations": 2}),
            ("ismcts", {"simulations": 2}),
            ("optimal", {}),
        )
    }
    assert why == {
        "mcts": "mcts needs perfect information",
        "ismcts": "OpenSpiel cannot resample its hidden information",
        "optimal": "no exact oracle or equilibrium",
    }


@pytest.mark.parametrize("name", PHANTOM)
def test_an_observation_holds_no_mark_that_the_seat_did_not_place_or_run_into(name: str) -> None:
    game = games.load(name)
    for deal in range(20):
        episode = play_one(setup(game, ("bot", "bot"), deal=deal), {"bot": bot("random")})
        for decision in episode.decisions:
            own = [d.label for d in episode.decisions if d.seat == decision.seat]
            drawn = decision.observation.split("so far: ")[1]
            assert set(re.findall(r"\b[a-d]\d\b", drawn)) <= set(own)

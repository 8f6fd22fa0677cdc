"""The variants of the suite that users ask for by name, and what each name means."""

import pytest

from gamegrid import games

BOARDS = {
    "connect_four": (6, 7),
    "connect_four_4x4": (4, 4),
    "hex": (11, 11),
    "hex_4": (4, 4),
    "hex_5": (5, 5),
    "hex_7": (7, 7),
    "breakthrough": (8, 8),
    "breakthrough_5x4": (5, 4),
    "breakthrough_6x6": (6, 6),
    "tic_tac_toe": (3, 3),
    "misere_tic_tac_toe": (3, 3),
    "phantom_ttt": (3, 3),
    "clobber": (5, 6),
    "clobber_4x4": (4, 4),
    "othello": (8, 8),
    "go": (5, 5),
    "go_7": (7, 7),
    "go_9": (9, 9),
    "dark_hex": (3, 3),
    "chess": (8, 8),
}


@pytest.mark.parametrize("name", BOARDS)
def test_a_name_means_a_board_of_its_size_told_in_rules_and_view(name: str) -> None:
    game = games.load(name)
    rows, columns = BOARDS[name]
    state = game.spiel.new_initial_state()
    lines = [line.split() for line in game.observation(state, state.current_player()).split("\n")]
    letters = list("abcdefghijklmnopqrstuvwxyz"[:columns])
    assert letters in lines
    drawn = [line for line in lines if line[0].isdecimal() and len(line) == columns + 1]
    assert sorted(int(line[0]) for line in drawn) == list(range(1, rows + 1))
    assert f"{rows} rows" in game.rules()
    assert f"{columns} columns" in game.rules()


@pytest.mark.parametrize("name", BOARDS)
def test_rules_say_who_moves_first_as_openspiel_plays_it(name: str) -> None:
    game = games.load(name)
    first = game.seat_name(game.spiel.new_initial_state().current_player())
    assert f"{first} moves first" in game.rules()
    assert not any(
        f"{game.seat_name(seat)} moves first" in game.rules()
        for seat in (0, 1)
        if game.seat_name(seat) != first
    )


def test_the_normal_and_the_misere_form_of_nim_are_two_names() -> None:
    misere, normal = games.load("nim"), games.load("nim_normal")
    assert "last object of all loses" in misere.rules()
    assert "last object of all wins" in normal.rules()
    assert misere.family == normal.family


def test_the_short_game_of_pig_goes_to_20() -> None:
    assert "20 points" in games.load("pig_20").title
    assert "100 points" in games.load("pig").title

"""Spellings that games accept beside their labels: each names one move."""

import json
from collections.abc import Iterator
from functools import partial
from random import Random

import pyspiel
import pytest

from arena import SUITE, suite
from gamegrid import games
from gamegrid.backends.backend import FinishReason
from gamegrid.games.game import Game
from gamegrid.games.labels import normalise
from gamegrid.prompts.parser import parse
from gamegrid.records.record_types import Failure

ALL = sorted({*suite(lambda game: True), *SUITE})
DECLARE = [name for name in ALL if type(games.load(name)).spellings is not Game.spellings]


def read(game: Game, state: pyspiel.State, written: str) -> str | Failure:
    """Return what a reply with ``written`` as its move is read as, in JSON and as a line."""
    seat = state.current_player()
    labels, spellings = game.labels(state, seat), game.spellings(state, seat)
    parsed = [
        parse(reply, FinishReason.STOP, labels, lambda: spellings)
        for reply in (json.dumps({"action": written}), f"Action: {written}")
    ]
    assert parsed[0] == parsed[1]
    return parsed[0].label or parsed[0].failure or Failure.EMPTY


def random_states(game: Game, plays: int) -> Iterator[pyspiel.State]:
    """Yield the states of random games, which reach captures, promotion and castling."""
    luck = Random(5)
    for _ in range(plays):
        state = game.spiel.new_initial_state()
        while not state.is_terminal() and state.move_number() < 120:
            yield state.clone()
            state.apply_action(luck.choice(state.legal_actions()))


def test_some_games_declare_spellings() -> None:
    assert {"chess", "breakthrough", "clobber"} <= set(DECLARE)


@pytest.mark.parametrize("name", DECLARE)
def test_no_spelling_names_two_moves(name: str) -> None:
    game = games.load(name)
    for state in random_states(game, 3 if name == "chess" else 5):
        seat = state.current_player()
        labels, spellings = game.labels(state, seat), game.spellings(state, seat)
        assert set(spellings) <= set(labels)
        named = {normalise(label): label for label in labels}
        assert len(named) == len(labels)
        for label, others in spellings.items():
            for form in map(normalise, others):
                assert form and named.setdefault(form, label) == label


@pytest.mark.parametrize("name", DECLARE)
def test_every_spelling_is_read_as_its_move(name: str) -> None:
    game, luck = games.load(name), Random(6)
    for state in luck.sample(list(random_states(game, 2)), 5):
        seat = state.current_player()
        labels, spellings = game.labels(state, seat), game.spellings(state, seat)
        for label, others in spellings.items():
            for written in others:
                reply = f"Action: {written}"
                assert (
                    parse(reply, FinishReason.STOP, labels, partial(dict, spellings)).label == label
                )


CHESS = [
    # A start, a move of White and a spelling of it.
    ("", "e4", ["e4", "1. e4", "1.e4", "e2e4", "e2-e4", "E2 E4", "1... e4", "e4!", "e4+"]),
    ("", "Nf3", ["1. Nf3", "Ng1f3", "Ng1-f3", "Ngf3", "N1f3", "g1f3", "♘f3", "nf3", "Nf3+"]),
    ("e4 e5 Nf3 Nc6 Bc4 Bc5", "O-O", ["0-0", "o-o", "4. O-O", "4. 0-0", "e1g1", "castle kingside"]),
    ("e4 a6 e5 d5", "exd6", ["exd6 e.p.", "exd6ep", "e5xd6", "e5d6", "ed6", "3. exd6 e.p."]),
    ("e4 d5", "exd5", ["e4xd5", "e4d5", "ed5", "exd5!?"]),
]


@pytest.mark.parametrize(("moves", "label", "spellings"), CHESS)
def test_notation_of_chess_players(moves: str, label: str, spellings: list[str]) -> None:
    game, state = played(moves)
    for written in spellings:
        assert read(game, state, written) == label, written


@pytest.mark.parametrize(
    ("moves", "written"),
    [
        ("", "2. e4"),
        ("", "e2e5"),
        ("", "Nxf3"),
        ("", "0-0"),
        ("", "e2"),
        ("", "1. e4 e5"),
        ("", "1. e4 or 1. d4"),
        ("", "1"),
        ("e4 d5", "exd5 e.p."),
        ("d4 d5 Nf3 Nf6 Nc3 Nc6 Bf4 Bf5", "Nd2 or Nh4"),
        ("Nf3 a6 d3 a5", "Nd2"),
    ],
)
def test_what_names_no_move_or_two_is_no_move(moves: str, written: str) -> None:
    game, state = played(moves)
    assert isinstance(read(game, state, written), Failure)


def played(moves: str) -> tuple[Game, pyspiel.State]:
    """Return chess and the state after ``moves``, given as labels."""
    game = games.load("chess")
    state = game.spiel.new_initial_state()
    for move in moves.split():
        labels = game.labels(state, state.current_player())
        state.apply_action(state.legal_actions()[labels.index(move)])
    return game, state

"""Fixtures shared by the tests of several rooms."""

from pathlib import Path

import pytest

import result_sets
from gamegrid import games
from gamegrid.games.game import Game


@pytest.fixture(scope="session")
def result_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results folder that tests may read but not change."""
    return result_sets.make(tmp_path_factory.mktemp("result_set"))


@pytest.fixture
def tic_tac_toe() -> Game:
    return games.load("tic_tac_toe")


@pytest.fixture
def kuhn_poker() -> Game:
    return games.load("kuhn_poker")


@pytest.fixture
def matrix_rps() -> Game:
    return games.load("matrix_rps")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--every-prompt",
        action="store_true",
        help="ask all engines every prompt of the embedded model's games, not the last 500",
    )

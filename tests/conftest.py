"""What the tests of several packages share."""

import pytest

from gamegrid import games
from gamegrid.games.base import Game


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

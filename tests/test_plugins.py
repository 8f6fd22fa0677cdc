"""Games and agents from a user's folder that the configuration names."""

from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import jsonschema
import pytest

from gamegrid import games, plugins
from gamegrid.agents.agent import kinds
from gamegrid.config import load
from gamegrid.errors import UserError
from gamegrid.games import registry
from gamegrid.pages import config_schema
from gamegrid.plan import plan
from outside import AGENT, GAME

CONFIG: dict[str, Any] = {
    "plugins": ["mine"],
    "games": ["high_card", "high_card(cards=4)", "kuhn_poker"],
    "agents": {
        "careful": {"type": "eager", "wish": "High"},
        "random": {"type": "random"},
    },
    "deals": 2,
}


@pytest.fixture(autouse=True)
def nothing_stays_in_use() -> Iterator[None]:
    with plugins.using(()):
        yield


@pytest.fixture
def working(tmp_path: Path) -> Path:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/eager.py").write_text(AGENT)
    (tmp_path / "mine/high_card.py").write_text(GAME)
    (tmp_path / "mine/notes.py").write_text("# neither a game nor an agent\n")
    return tmp_path


def test_a_folder_of_ones_own_is_part_of_the_grid(working: Path) -> None:
    made = plan.make(CONFIG, working)
    assert [game.name for game in made.grid.games][::2] == ["high_card", "kuhn_poker"]
    assert [cell.matchup.name for cell in made.grid.cells] == ["careful--random"] * 3
    assert made.identity.agent("careful") == {"type": "eager", "wish": "High"}
    assert games.load("high_card(cards=3)").load_string == "high_card"
    [again, params] = [
        each.identity.params(each.grid.cells[0]) for each in (plan.make(CONFIG, working), made)
    ]
    assert again == params


def test_the_next_configuration_has_nothing_of_it(working: Path) -> None:
    plan.make(CONFIG, working)
    assert "eager" in kinds() and "high_card" in registry.aliases()
    bare = {key: value for key, value in CONFIG.items() if key != "plugins"}
    with pytest.raises(UserError, match="the type 'eager' is unknown"):
        plan.make(bare, working)
    assert "eager" not in kinds() and "high_card" not in registry.aliases()
    with pytest.raises(UserError, match="games: 'high_card' is unknown"):
        games.load("high_card")


def test_keys_of_an_outside_agent_are_checked_like_any_others(working: Path) -> None:
    for entry, said in (
        ({"type": "eager"}, r"agents\.careful\.wish: the key is missing"),
        ({"type": "eager", "wish": 3}, r"agents\.careful\.wish: .*found 3"),
        ({"type": "eager", "wish": "x", "whish": "y"}, "unknown key 'whish'.*Did you mean 'wish'"),
        ({"type": "eagre", "wish": "x"}, "the type 'eagre' is unknown. Did you mean 'eager'"),
    ):
        with pytest.raises(UserError, match=said):
            load.read(CONFIG | {"agents": {"careful": entry}}, working)


def test_the_schema_leaves_unknown_types_to_the_plug_ins() -> None:
    fits = jsonschema.Draft202012Validator(config_schema.schema()).is_valid
    assert fits(CONFIG)
    assert not fits({key: value for key, value in CONFIG.items() if key != "plugins"})
    assert not fits(CONFIG | {"agents": {"a": {"type": "random", "wish": "High"}}})
    assert not fits(CONFIG | {"plugins": "mine"})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("import nosuchmodule", "cannot be run: ModuleNotFoundError: No module named"),
        ("def broken(:", "cannot be run: SyntaxError: "),
        ("GAME = 3", "declares a GAME that is not a complete subclass of Game"),
        (
            "from gamegrid.games.game import Game\nclass Bare(Game): pass\nGAME = Bare",
            "declares a GAME that is not a complete subclass of Game",
        ),
        (
            "from gamegrid.games.tic_tac_toe import GAME",
            "declares the game 'tic_tac_toe', which is taken",
        ),
        ("AGENT = 'me'", "declares an AGENT that is no AgentKind"),
        (
            "from gamegrid.agents.random import AGENT",
            "declares the agent type 'random', which is taken",
        ),
        ("raise SystemError('no\\nway.')", "cannot be run: SystemError: no way"),
    ],
)
def test_a_broken_file_is_one_sentence_that_names_it(
    working: Path, content: str, said: str
) -> None:
    (working / "mine/wrong.py").write_text(dedent(content))
    with pytest.raises(UserError) as refusal:
        plan.make(CONFIG, working)
    text = str(refusal.value)
    assert text.startswith(f"config: plugins: '{working}/mine/wrong.py' {said}")
    assert text.endswith(".") and "\n" not in text


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"config: plugins: there is no folder '.*/mine'"):
        load.read(CONFIG, tmp_path)
    for listed in ("mine", [3], {"a": 1}):
        with pytest.raises(UserError, match="config: plugins"):
            load.read(CONFIG | {"plugins": listed}, tmp_path)

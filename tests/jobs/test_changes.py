"""A run says which cells it plays again because one of the user's files changed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gamegrid import plugins
from gamegrid.jobs import changes
from gamegrid.paths import WORKFLOW
from gamegrid.plan import plan
from gamegrid.records import chunkfile
from outside import AGENT, GAME
from store_samples import run

CONFIG: dict[str, Any] = {
    "plugins": ["mine"],
    "games": ["high_card", "kuhn_poker"],
    "agents": {
        "careful": {"type": "eager", "wish": "High"},
        "model": {"type": "llm", "model": "echo_x", "prompt": "curt"},
        "random": {"type": "random"},
    },
    "deals": 2,
}
BACKEND = """
from dataclasses import replace
from gamegrid.backends.vllm import BACKEND
BACKEND = replace(BACKEND, prefix="echo")
"""


@pytest.fixture(autouse=True)
def nothing_stays_in_use() -> Iterator[None]:
    with plugins.using(()):
        yield


@pytest.fixture
def played(tmp_path: Path) -> Path:
    """Return a results folder with chunk files of all cells, played with the current settings."""
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "eager.py").write_text(AGENT)
    (mine / "high_card.py").write_text(GAME)
    (mine / "echo.py").write_text(BACKEND)
    source = (WORKFLOW / "config/prompts/terse.jinja").read_text("utf-8")
    (mine / "curt.jinja").write_text(source)
    made = plan.make(CONFIG, tmp_path)
    for chunk in made.chunks:
        path = tmp_path / f"results/chunks/{chunk.path}.parquet"
        chunkfile.write(path, run(), [], made.identity.params(chunk.cell))
    return tmp_path


def notices(working: Path, config: dict[str, Any] = CONFIG) -> list[str]:
    return changes.notices(plan.make(config, working), working / "results")


def test_nothing_is_said_of_what_is_as_it_was(played: Path) -> None:
    assert notices(played) == []


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("eager.py", "plug-in mine/eager.py changed: 4 cells of agent careful are played again."),
        ("echo.py", "plug-in mine/echo.py changed: 4 cells of agent model are played again."),
        ("curt.jinja", "template curt.jinja changed: 4 cells of agent model are played again."),
    ],
)
def test_an_agent_s_changed_file_is_named_with_its_cells(
    played: Path, file: str, sentence: str
) -> None:
    with (played / "mine" / file).open("a") as opened:
        opened.write("\n")
    assert notices(played) == [sentence]


def test_a_changed_game_is_named_with_its_cells(played: Path) -> None:
    (played / "mine/high_card.py").write_text(GAME + "\n")
    assert notices(played) == [
        "plug-in mine/high_card.py changed: 3 cells of game high_card are played again."
    ]


def test_other_settings_are_named_with_their_cells(played: Path) -> None:
    model = CONFIG["agents"]["model"] | {"prompt": "default", "temperature": 0.5}
    agents = CONFIG["agents"] | {"model": model}
    assert notices(played, CONFIG | {"agents": agents}) == [
        "prompt, temperature changed: 4 cells of agent model are played again."
    ]
    assert notices(played, CONFIG | {"max_plies": 7}) == [
        "max_plies changed: 3 cells of game high_card are played again.",
        "max_plies changed: 3 cells of game kuhn_poker are played again.",
    ]


def test_results_without_digests_say_nothing(played: Path) -> None:
    made = plan.make(CONFIG, played)
    for chunk in made.chunks:
        params = json.loads(made.identity.params(chunk.cell))
        params.pop("game_digests", None)
        for identity in params["agents"].values():
            identity.pop("plugin_digests", None)
        path = played / f"results/chunks/{chunk.path}.parquet"
        chunkfile.write(path, run(), [], json.dumps(params))
    assert notices(played) == []

"""The database gets what agents declare; nothing in it depends on the name of a type."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gamegrid import plugins
from gamegrid.agents.agent import Baseline, kinds
from gamegrid.analysis.references import write
from gamegrid.jobs.workflow import rows
from gamegrid.plan import plan
from gamegrid.play.chunk import Job, play_chunk
from gamegrid.store.database import Sources, build
from gamegrid.store.grid_rows import AgentRow, Rows, declared
from gamegrid.store.tables import write_tables
from outside import AGENT
from store_samples import query

GREEDY = {"deterministic": True, "fallback": "forfeit"}


def play(folder: Path, raw: dict[str, Any], controls: bool = True) -> tuple[Rows, Sources]:
    """Play a grid of bots in ``folder``; return what its database is built from.

    Without ``controls``, nothing is computed from the rules, which takes seconds.
    """
    made = plan.make(raw, folder)
    chunks = []
    for chunk in made.chunks:
        game, matchup, block = chunk.path.split("/")
        chunks.append(folder / f"results/chunks/{chunk.path}.parquet")
        play_chunk(
            Job(
                config=raw, game=game, matchup=matchup, block=block, threads=1,
                results=folder / "results", output=chunks[-1],
            )
        )  # fmt: skip
    references = folder / "references.json" if controls else None
    if references:
        write(made, references)
    return rows(made), Sources(chunks=chunks, references=references)


def renamed(agent: AgentRow) -> AgentRow:
    """The same agent under another type name."""
    settings = json.loads(agent.params)
    return replace(
        agent,
        type=f"other_{agent.type}",
        params=json.dumps({**settings, "type": f"other_{agent.type}"}),
    )


def csv_files(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(folder.glob("*.csv"))}


def test_a_bot_of_ones_own_without_luck_is_deterministic(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line of tic_tac_toe, played in 40 deals, counts as one observation."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/eager.py").write_text(AGENT)
    raw = {
        "plugins": ["mine"],
        "games": ["tic_tac_toe"],
        "deals": 40,
        "opening_plies": 0,
        "agents": {name: {"type": "eager", "wish": wish} for name, wish in
                   (("corner", "a1"), ("middle", "b2"))},
    }  # fmt: skip
    with plugins.using(()):
        own, sources = play(tmp_path, raw)
    build(tmp_path / "gamegrid.duckdb", own, sources)
    found = query(
        tmp_path / "gamegrid.duckdb",
        "SELECT deals, distinct_episodes, low, high, reason FROM per_game",
    )
    assert found == [(40, 2, None, None, "deterministic")] * 2


def test_no_number_depends_on_the_name_of_a_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cells = [f"{column}{row}" for row in "123" for column in "abc"]
    agents = {
        "random": {"type": "random"},
        "optimal": {"type": "optimal"},
        "half": {"type": "noisy_optimal", "epsilon": 0.5},
        "few": {"type": "mcts", "simulations": 2},
        "more": {"type": "mcts", "simulations": 20},
        "corner": {"type": "preference", "prefer": cells},
        "other": {"type": "preference", "prefer": cells[::-1]},
    }
    raw = {"games": ["tic_tac_toe"], "deals": 4, "opening_plies": 0, "agents": agents}
    own, sources = play(tmp_path, raw)
    written: list[dict[str, str]] = []
    for number, listed in enumerate((own.agents, list(map(renamed, own.agents)))):
        database = tmp_path / f"{number}.duckdb"
        build(database, replace(own, agents=listed), sources)
        write_tables(database, tmp_path / str(number))
        written.append(csv_files(tmp_path / str(number)))
    assert written[0] == written[1]
    assert "random < half" in written[0]["strength_equivalent.csv"]
    assert {"random", "oracle"} <= {row.split(",")[0] for row in lines(written[0]["controls.csv"])}


def lines(text: str) -> Sequence[str]:
    return text.splitlines()[1:]


@pytest.mark.parametrize(
    ("settings", "draws"),
    [
        ({**GREEDY, "temperature": 0.0}, False),
        ({**GREEDY, "decode": "score"}, False),
        ({"deterministic": True, "temperature": 0.0}, None),  # may fall back to a random move
        ({"temperature": 0.0}, None),  # the engine may answer in two ways
        ({"temperature": 0.7, "top_p": 1e-6}, None),
        ({"temperature": 0.7}, None),  # top_k may be 1 in the model's files
        ({}, None),
        ({"decode": "constrained"}, None),
        ({"decode": "score"}, None),
        ({"decode": "score", "temperature": 0.5}, True),
        ({**GREEDY, "temperature": 0.0, "shuffle_labels": True}, True),
    ],
)
def test_a_model_declares_only_what_its_settings_tell(
    settings: dict[str, Any], draws: bool | None
) -> None:
    stated = kinds()["llm"].settings(type="llm", model="hf_tiny", **settings)  # type: ignore[call-arg]
    assert declared(stated)["draws_luck"] is draws


def test_the_ladder_of_errors_runs_from_random_to_best_play() -> None:
    def place(kind: str, **settings: Any) -> dict[str, Any]:
        return declared(kinds()[kind].settings(type=kind, **settings))

    ends = [place("random"), place("noisy_optimal", epsilon=0.25), place("optimal")]
    assert [row["ladder_setting"] for row in ends] == [1.0, 0.25, 0.0]
    assert {row["ladder"] for row in ends} == {"noisy_optimal"}
    assert [row["baseline"] for row in ends] == [Baseline.RANDOM, None, Baseline.OPTIMAL]
    search = place("mcts", simulations=50)
    assert (search["ladder"], search["ladder_setting"], search["ladder_scale"]) == (
        "mcts", 50.0, "log"
    )  # fmt: skip

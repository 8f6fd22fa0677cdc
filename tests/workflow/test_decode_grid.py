"""The three decoding modes in one grid of the bundled model, from the file to the tables."""

import json
from pathlib import Path

import pytest

from workflow_runs import DATABASE, query, snakemake

TINY = {"type": "llm", "model": "hf_tiny", "prompt": "terse"}
GRID = {
    "deals": 4,
    "games": ["kuhn_poker"],
    "agents": {
        "random": {"type": "random"},
        "words": {**TINY, "temperature": 1.0, "max_tokens": 16},
        "held": {**TINY, "temperature": 1.0, "decode": "constrained"},
        "scored": {**TINY, "temperature": 1.0, "decode": "score"},
    },
    "schedule": {"matchups": [["words", "held"], ["scored", "random"]]},
}


@pytest.mark.nightly
def test_each_way_is_played_recorded_and_reported_as_what_it_is(tmp_path: Path) -> None:
    run = snakemake(tmp_path, GRID, *DATABASE)
    assert run.code == 0, run.output
    assert query(tmp_path, "SELECT DISTINCT status FROM decisions") == [("ok",)]
    scored = query(
        tmp_path,
        "SELECT reply, decisions.label, legal, likelihoods FROM calls "
        "JOIN decisions USING (episode_id, ply, seat) WHERE likelihoods IS NOT NULL",
    )
    assert scored
    for reply, label, legal, likelihoods in scored:
        assert reply == label
        assert list(json.loads(likelihoods)) == json.loads(legal)
    agents = "SELECT DISTINCT agent FROM decisions JOIN calls USING (episode_id, ply, seat) "
    assert query(tmp_path, agents + "WHERE likelihoods IS NOT NULL") == [("scored",)]
    legality = "SELECT agent, decode, unparsable, illegal FROM failures WHERE replies > 0"
    assert query(tmp_path, legality) == [
        ("held", "constrained", None, None),
        ("scored", "score", None, None),
        ("words", "generate", 0, 0),
    ]
    # Temperature does not change likelihoods, so the model is not asked again.
    warmer = {**GRID["agents"], "scored": {**TINY, "temperature": 0.0, "decode": "score"}}  # type: ignore[dict-item]
    again = snakemake(tmp_path, {**GRID, "agents": warmer}, *DATABASE)
    assert again.code == 0, again.output
    kept = query(tmp_path, "SELECT count(*) FROM calls WHERE likelihoods IS NOT NULL AND replayed")
    assert kept[0][0] > 0


def test_without_a_network_fetch_models_says_so_of_each_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # nobody listens there
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    agents = {name: {"type": "llm", "model": f"hf_nobody/{name}"} for name in ("one", "two")} | {
        "tiny": TINY
    }
    grid = {"games": ["kuhn_poker"], "agents": agents, "deals": 1}
    run = snakemake(tmp_path, grid, "--", "fetch_models")
    assert run.code == 1
    told = (tmp_path / "results/logs/fetch_models.log").read_text()
    assert all(
        f"hf_nobody/{name}: cannot download nobody/{name}" in told for name in ("one", "two")
    )
    assert "hf_tiny" not in told
    assert "Traceback" not in run.output and "Traceback" not in told

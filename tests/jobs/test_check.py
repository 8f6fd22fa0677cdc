"""``check`` looks at every model and prints one line for each, without asking any of them."""

import socket
from pathlib import Path
from typing import Any

import pytest

from gamegrid.errors import UserError
from gamegrid.jobs import check
from gamegrid.plan import plan
from gamegrid.play import gpus
from loopback import Endpoint, Reply


def llm(model: str) -> dict[str, Any]:
    return {"type": "llm", "model": model}


def made(folder: Path, entries: str, **agents: dict[str, Any]) -> plan.Plan:
    (folder / "models.yaml").write_text(f"models:\n{entries}")
    raw = {
        "games": ["tic_tac_toe"],
        "models": [str(folder / "models.yaml")],
        "agents": {"random": {"type": "random"}, **agents},
        "schedule": {"each": list(agents), "against": ["random"]},
    }
    return plan.make(raw, folder)


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_each_model_has_one_line_whatever_is_wrong_with_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(gpus, "_uuids", dict)
    monkeypatch.setenv(gpus.VISIBLE, "")
    dead = f"http://127.0.0.1:{closed_port()}/v1"
    with Endpoint() as endpoint:
        entries = (
            f"  - {{name: litellm_openai/there, api_base: '{endpoint.api_base}'}}\n"
            f"  - {{name: litellm_openai/dead, api_base: '{dead}'}}\n"
            f"  - {{name: hf_nowhere, model_path: {tmp_path}/nowhere}}\n"
            f"  - {{name: litellm_openai/big, api_base: '{endpoint.api_base}', gpus: 2}}\n"
        )
        grid = made(
            tmp_path,
            entries,
            a=llm("litellm_openai/there"),
            b=llm("litellm_openai/dead"),
            c=llm("hf_nowhere"),
            d=llm("litellm_openai/big"),
            e=llm("litellm_gpt-4"),
            f=llm("litellm_gpt-4"),
        )
        found = {finding.model: finding for finding in check.look(grid)}
        assert endpoint.requests == [], "a question was asked"
    assert found["litellm_openai/there"].trouble is None
    assert found["litellm_gpt-4"].agents == ("e", "f")
    said = {
        "litellm_openai/dead": f"no answer from {dead}",
        "hf_nowhere": "nowhere",
        "litellm_openai/big": "needs 2 GPUs",
        "litellm_gpt-4": "OPENAI_API_KEY",
    }
    for model, words in said.items():
        assert words in (found[model].trouble or "")
    with pytest.raises(UserError) as refused:
        check.confirm(grid, list(found.values()))
    head, *lines = str(refused.value).splitlines()
    assert head == "4 of 5 models are not ready."
    assert len(lines) == 5


def test_bots_alone_are_ready_and_absences_are_told(tmp_path: Path) -> None:
    raw = {
        "games": ["tic_tac_toe", "kuhn_poker"],
        "models": [],
        "agents": {
            "random": {"type": "random"},
            "optimal": {"type": "optimal"},
            "mcts": {"type": "mcts", "simulations": 5},
        },
    }
    grid = plan.make(raw, tmp_path)
    assert check.confirm(grid, check.look(grid)).startswith("mcts sits out kuhn_poker: ")


def test_a_probe_asks_one_real_question_and_shows_what_became_of_it(tmp_path: Path) -> None:
    with Endpoint() as endpoint:
        entries = f"  - {{name: litellm_openai/there, api_base: '{endpoint.api_base}'}}\n"
        told = check.try_models(made(tmp_path, entries, a=llm("litellm_openai/there")), tmp_path)
        assert len(endpoint.requests) == 1
    assert "Legal moves: [" in told
    assert "[reply]" in told
    assert "== a: the move '" in told


def test_a_probe_of_a_server_that_takes_the_answer_for_reasoning_gives_a_hint(
    tmp_path: Path,
) -> None:
    swallowed = Reply(text="", reasoning="Action: a1")
    with Endpoint(answer=lambda _: swallowed) as endpoint:
        entries = f"  - {{name: litellm_openai/there, api_base: '{endpoint.api_base}'}}\n"
        told = check.try_models(made(tmp_path, entries, a=llm("litellm_openai/there")), tmp_path)
    assert "no move (empty)" in told
    assert "delivered only reasoning" in told.splitlines()[-1]


def test_a_probe_of_a_dead_endpoint_is_one_sentence(tmp_path: Path) -> None:
    entries = (
        f"  - {{name: litellm_openai/dead, api_base: 'http://127.0.0.1:{closed_port()}', "
        f"timeout: 1}}\n"
    )
    with pytest.raises(UserError, match=r"agents\.a: litellm_openai/dead: no connection"):
        check.try_models(made(tmp_path, entries, a=llm("litellm_openai/dead")), tmp_path)


def test_what_a_model_does_not_take_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    with Endpoint() as endpoint:
        grid = made(
            tmp_path,
            f"  - {{name: litellm_openai/there, api_base: '{endpoint.api_base}'}}\n",
            good=llm("litellm_openai/there"),
            bad=llm("litellm_openai/there") | {"extra_body": {"stream": True}},
        )
        [found] = check.look(grid)
    assert found.trouble == ("agents.bad: extra_body may not set 'stream'; remove it there.")
    assert endpoint.requests == []

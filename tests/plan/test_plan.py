"""Before anything is spent, a plan refuses settings that a backend cannot use."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from gamegrid.backends.backend import ModelEntry
from gamegrid.errors import UserError
from model_plans import make

SERVER = "http://127.0.0.1:8000/v1"


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (
            {"model": "litellm_openai/gpt-4o", "decode": "score"},
            "config: agents.x: decode: score needs a hf_ or vllm_ model",
        ),
        (
            {"model": "vllm_served", "decode": "score"},
            "decode: score needs a hf_ or vllm_ model that the job itself loads",
        ),
        (
            {"model": "litellm_openai/gpt-4o", "deterministic": True},
            "config: agents.x: deterministic needs a hf_ or vllm_ model",
        ),
        ({"model": "hf_gpt2", "thinking_budget": 5}, "agents.x: thinking_budget does not reach"),
        ({"model": "hf_gpt2", "reasoning_effort": "low"}, "set it in chat_template_kwargs"),
        ({"model": "vllm_a", "extra_body": {"k": 1}}, "agents.x: extra_body does not reach"),
        ({"model": "hf_gpt2", "decode": "score", "top_p": 0.5}, "agents.x: top_p has no meaning"),
        ({"model": "hf_gpt2", "decode": "scored"}, "agents.x.decode: input should be 'generate'"),
        ({"model": "vllm_bad"}, "agents.x: vllm_bad: engine is for a model that the job itself"),
    ],
)
def test_what_a_backend_cannot_do_is_refused(
    tmp_path: Path, keys: dict[str, Any], said: str
) -> None:
    entries = [
        {"name": "vllm_served", "api_base": SERVER},
        {"name": "vllm_bad", "api_base": SERVER, "engine": {"dtype": "float16"}},
    ]
    with pytest.raises(UserError) as refusal:
        make(tmp_path, entries, x=keys)
    text = str(refusal.value)
    assert said in text
    assert "\n" not in text and text.endswith(".")


@pytest.mark.parametrize("decode", ["constrained", "score"])
@pytest.mark.parametrize("model", ["hf_gpt2", "vllm_a"])
def test_the_local_backends_know_every_way(tmp_path: Path, decode: str, model: str) -> None:
    keys = {"model": model, "decode": decode, "chat_template_kwargs": {"enable_thinking": False}}
    made = make(tmp_path, [], x=keys)
    [cell] = made.grid.cells
    assert json.loads(made.identity.params(cell))["agents"]["x"]["decode"] == decode


def test_one_model_is_deterministic_for_all_who_ask_it_or_for_none(tmp_path: Path) -> None:
    loose, strict = {"model": "hf_gpt2"}, {"model": "hf_gpt2", "deterministic": True}
    with pytest.raises(UserError, match=r"agents\.y: deterministic .*agents\.x"):
        make(tmp_path, [], x=loose, y=strict)
    made = make(tmp_path, [], x=strict, y=strict, z={"model": "hf_distilgpt2"})
    assert [made.models[name].entry.deterministic for name in "xyz"] == [True, True, False]
    # The two modes never share replies, neither in the results nor in the journal.
    assert made.models["x"].identity() == {"deterministic": True}
    assert made.identity.agent("x")["deterministic"] is True
    assert "deterministic" not in made.identity.agent("z")


def test_a_served_model_needs_neither_gpu_nor_engine(tmp_path: Path) -> None:
    entry = {"name": "vllm_org/tiny", "api_base": SERVER, "max_connections": 3}
    made = make(tmp_path, [entry], x={"model": "vllm_org/tiny"})
    [cell] = made.grid.cells
    assert (made.needs.environment(cell), made.needs.demand(cell).gpu) == ("litellm", 0)
    found = made.models["x"]
    assert found.written.name == "vllm_org/tiny"
    assert found.entry == ModelEntry(**{**entry, "name": "litellm_hosted_vllm/org/tiny"})
    assert found.kind.check(found.entry) is None


def chunk_deals(folder: Path, entry: dict[str, Any], against: str = "random") -> int:
    made = make(folder, [entry], a={"model": entry["name"]}, b={"model": entry["name"]})
    matchup = "--".join(sorted(["a", against]))
    return made.needs.deals(made.grid.cell_named["kuhn_poker", matchup])


@pytest.mark.parametrize("bound", [1, 10, 11, 32, 100, 256, 5000])
def test_a_job_has_episodes_enough_for_all_requests_in_flight(tmp_path: Path, bound: int) -> None:
    deals = chunk_deals(tmp_path, {"name": "litellm_openai/x", "max_connections": bound})
    assert 2 * deals >= 4 * bound  # in two seatings
    assert deals == 20 or deals < 4 * bound


def test_blocks_of_a_larger_bound_are_made_of_whole_blocks_of_a_smaller_one(tmp_path: Path) -> None:
    name = "litellm_openai/x"
    sizes = [chunk_deals(tmp_path, {"name": name, "max_connections": n}) for n in range(1, 300, 7)]
    assert sizes == sorted(sizes)
    assert all(larger % smaller == 0 for smaller, larger in pairwise(sizes))
    assert chunk_deals(tmp_path, {"name": name}) in sizes


def test_two_agents_of_one_model_share_what_may_be_in_flight(tmp_path: Path) -> None:
    entry = {"name": "litellm_openai/x", "max_connections": 100}
    assert chunk_deals(tmp_path, entry, "random") == chunk_deals(tmp_path, entry, "b")

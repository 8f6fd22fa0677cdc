"""sweep: one entry makes an agent for every combination, named by what sets it apart."""

from typing import Any

import pytest

from gamegrid.config.sweep import expand, origins
from gamegrid.errors import UserError
from gamegrid.paths import WORKFLOW
from gamegrid.plan import plan

MODEL = {"type": "llm", "model": "hf_tiny"}


def agents(sweep: Any, **more: Any) -> dict[str, Any]:
    """Expand the entry ``m`` with a sweep into its agents."""
    found: dict[str, Any] = expand({"agents": {"m": {**MODEL, "sweep": sweep}}, **more})["agents"]
    return found


def test_every_combination_is_an_agent_named_by_what_sets_it_apart() -> None:
    found = agents({"prompt": ["default", "terse"], "temperature": [0, 0.5]})
    assert list(found) == [
        "m.prompt_default.temperature_0",
        "m.prompt_default.temperature_0.5",
        "m.prompt_terse.temperature_0",
        "m.prompt_terse.temperature_0.5",
    ]
    assert found["m.prompt_terse.temperature_0.5"] == {
        **MODEL, "prompt": "terse", "temperature": 0.5,
    }  # fmt: skip


def test_every_variant_names_the_entry_that_it_comes_from() -> None:
    raw = {"agents": {"m": {**MODEL, "sweep": {"temperature": [0, 1]}}, "other": MODEL}}
    assert origins(raw) == {"m.temperature_0": "m", "m.temperature_1": "m"}
    assert origins(raw).keys() < expand(raw)["agents"].keys()
    assert origins({"agents": {"m": MODEL}}) == origins({}) == {}


def test_names_stay_when_values_are_added_and_equal_numbers_are_one_name() -> None:
    before, after = agents({"temperature": [1.0]}), agents({"temperature": [0, 1, 2]})
    assert set(before) < set(after)


@pytest.mark.parametrize(
    ("key", "value", "name"),
    [
        ("memory", "chat", "m.memory_chat"),
        ("decode", "score", "m.decode_score"),
        ("reasoning_effort", "low", "m.reasoning_effort_low"),
        ("shuffle_labels", True, "m.shuffle_labels_true"),
        ("max_tokens", 4096, "m.max_tokens_4096"),
        ("legal_moves", "hidden", "m.legal_moves_hidden"),
        ("chat_template_kwargs", {"enable_thinking": False}, "m.chat_template_kwargs_0c3212"),
    ],
)
def test_a_name_says_key_and_value(key: str, value: Any, name: str) -> None:
    assert list(agents({key: [value]})) == [name]


def test_a_model_is_swept_as_any_setting() -> None:
    swept = {"type": "llm", "sweep": {"model": ["hf_google/flan-t5-small"]}}
    assert list(expand({"agents": {"m": swept}})["agents"]) == ["m.model_hf_google_flan_t5_small"]


def test_a_schedule_that_names_the_agent_means_its_variants() -> None:
    sweep = {"temperature": [0, 1]}
    variants = list(agents(sweep))
    grid = {"agents": {"m": {**MODEL, "sweep": sweep}, "r": {"type": "random"}}}
    each = expand({**grid, "schedule": {"each": ["m"], "against": ["r", "m"]}})["schedule"]
    assert each == {"each": variants, "against": ["r", *variants]}
    matchups = [["m", "r"], ["m", "m"], ["r", "r"]]
    found = expand({**grid, "schedule": {"matchups": matchups}})["schedule"]["matchups"]
    assert found == [*([v, "r"] for v in variants), *([v, v] for v in variants), ["r", "r"]]


def test_any_type_of_agent_is_swept_and_required_keys_may_be_swept_alone() -> None:
    raw = {
        "games": ["tic_tac_toe"],
        "agents": {
            "mcts": {"type": "mcts", "sweep": {"simulations": [10, 100]}},
            "m": {"type": "llm", "sweep": {"model": ["hf_tiny", "vllm_tiny"]}},
        },
    }
    made = plan.make(raw, WORKFLOW)
    assert set(made.models) == {"m.model_hf_tiny", "m.model_vllm_tiny"}
    assert len(made.grid.cells) == 6


def test_a_configuration_without_a_sweep_is_left_as_it_is() -> None:
    raw = {"agents": {"m": MODEL}, "schedule": {"each": ["m"], "against": ["m"]}}
    assert expand(raw) == raw
    assert expand({"agents": 3}) == {"agents": 3}


@pytest.mark.parametrize(
    ("sweep", "said"),
    [
        ({"temperature": 3}, "config: agents.m.sweep.temperature: this must be a list of values"),
        ({"temperature": []}, "must be a list of values"),
        ({"model": ["hf_a"]}, "agents.m.sweep.model: the key is also set outside the sweep"),
        ({"temperature": [1, 1.0]}, "two agents are named 'm.temperature_1'"),
        ({"temprature": [1]}, "unknown key 'temprature' in agents.m.temprature_1. Did you mean"),
        (3, "agents.m.sweep: "),
    ],
)
def test_a_mistake_is_told_in_a_sentence(sweep: Any, said: str) -> None:
    raw = {"games": ["kuhn_poker"], "agents": {"m": {**MODEL, "sweep": sweep}}}
    with pytest.raises(UserError) as refusal:
        plan.make(raw, WORKFLOW)
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)

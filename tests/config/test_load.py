"""Good configurations are read; bad ones are refused in a sentence, without a traceback."""

import copy
import datetime
import json
import re
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import jsonschema
import pytest
import yaml

from gamegrid.config import load
from gamegrid.errors import UserError
from gamegrid.pages import config_schema
from gamegrid.paths import WORKFLOW
from gamegrid.plan import plan
from mutants import spoil

Config = dict[str, Any]

GOOD: Config = {
    "seed": 1,
    "deals": 4,
    "opening_plies": 2,
    "max_plies": 50,
    "seatings": "rotations",
    "games": ["tic_tac_toe", "kuhn_poker", "connect_four(rows=5)"],
    "models": ["config/models.yaml"],
    "agents": {
        "random": {"type": "random"},
        "mcts": {"type": "mcts", "simulations": 10, "games": ["tic_tac_toe"]},
        "ismcts": {"type": "ismcts", "simulations": 10},
        "bet": {"type": "preference", "prefer": ["Bet", "Call"]},
        "best": {"type": "optimal"},
        "gpt.4o_mini": {
            "type": "llm",
            "model": "litellm_openai/gpt-4o-mini",
            "temperature": 0.5,
            "top_p": 1.0,
            "max_tokens": 100,
            "reasoning_effort": "low",
            "thinking_budget": 0,
            "system": "Play to win.",
            "prompt": "terse",
            "memory": "chat",
            "rethink": 0,
            "fallback": "forfeit",
            "shuffle_labels": True,
            "extra_body": {"top_k": 5, "nested": {"a": [1, None, "x"]}},
            "chat_template_kwargs": {"enable_thinking": False},
        },
    },
    "schedule": "round_robin",
    "self_play": True,
    "chunk": 2,
    "run_mode": "replay",
    "protocol": 1,
    "mix_results": False,
}


def good() -> Config:
    return copy.deepcopy(GOOD)


def changed(**changes: Any) -> Config:
    return good() | changes


GOODS: dict[str, Config] = {
    "full": GOOD,
    "default": yaml.safe_load((WORKFLOW / "config/config.yaml").read_text(encoding="utf-8")),
    "smallest": {
        "games": ["tic_tac_toe"],
        "agents": {"a": {"type": "random"}, "b": {"type": "random"}},
    },
    "each": changed(schedule={"each": ["bet"], "against": ["best", "random"]}),
    "matchups": changed(schedule={"matchups": [["bet", "random"], ["random", "random"]]}),
    "auto": changed(opening_plies="auto", max_plies=None, chunk=None),
}


def refused(config: Any) -> str:
    """Return the refusal: one or two sentences on one line, without pydantic's wording."""
    with pytest.raises(UserError) as refusal:
        load.read(config)
    return sentence(str(refusal.value))


def sentence(text: str) -> str:
    assert "\n" not in text
    assert text.endswith(".")
    told = re.sub(r" Did you mean '[^']*'\?", "", text)
    assert len(re.findall(r"[.?!] [A-Z]", told)) <= 1, text
    assert not re.search(r"pydantic|errors\.|Traceback|__", text)
    return text


# Good ones


@pytest.mark.parametrize("name", GOODS)
def test_a_good_configuration_is_read_and_planned(name: str, tmp_path: Path) -> None:
    config = load.read(GOODS[name])
    assert config.games == GOODS[name]["games"]
    made = plan.make(GOODS[name], tmp_path)
    assert made.chunks
    for cell in made.grid.cells:
        assert json.loads(made.identity.params(cell))["game"] == cell.game.load_string


def test_what_is_left_out_has_the_documented_default() -> None:
    config = load.read(GOODS["smallest"])
    assert (config.seed, config.deals, config.opening_plies) == (42, 10, "auto")
    assert (config.max_plies, config.seatings, config.self_play) == (None, "all", False)
    assert (config.schedule, config.run_mode, config.chunk) == ("round_robin", "live", None)


def test_reading_changes_nothing_that_was_given() -> None:
    config = good()
    load.read(config)
    assert config == GOOD


# Bad ones: how to break a good configuration, and what the refusal must name

Break = Callable[[Config], Any]


def put(*path: Any, value: Any) -> Break:
    def mutate(config: Config) -> None:
        place: Any = config
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value

    return mutate


def drop(*path: Any) -> Break:
    def mutate(config: Config) -> None:
        place: Any = config
        for key in path[:-1]:
            place = place[key]
        del place[path[-1]]

    return mutate


def rename(key: str, other: str) -> Break:
    def mutate(config: Config) -> None:
        config[other] = config.pop(key)

    return mutate


LLM = ("agents", "gpt.4o_mini")
BAD: list[tuple[Break, str]] = [
    (drop("games"), r"the key 'games' is missing"),
    (drop("agents"), r"the key 'agents' is missing"),
    (rename("games", "gamez"), r"a grid needs games and agents\. Rename 'gamez' to it\.$"),
    (put("games", value=None), r"the key 'games' is missing"),
    (put("games", value=[]), r"games: .*found \[\]"),
    (put("games", value="tic_tac_toe"), r"games: .*found 'tic_tac_toe'"),
    (put("games", 0, value=7), r"games\.0: .*found 7"),
    (put("games", 0, value=None), r"games\.0: .*found None"),
    (put("agents", value={}), r"agents: .*found \{\}"),
    (put("\ud800", value={}), r"a key: this is no text that can be written"),
    (put("agents", "\ud800", value={"type": "random"}), r"the agent name"),
    (put("agents", value=["random"]), r"agents: .*found \['random'\]"),
    (put("agents", "x", value=None), r"agents\.x: .*mapping"),
    (put("agents", "x", value="random"), r"agents\.x: .*mapping"),
    (put("agents", "x", value={}), r"agents\.x: the key 'type' is missing"),
    (put("agents", "x", value={"type": "randm"}), r"'randm' is unknown\. Did you mean 'random'\?"),
    (put("agents", "x", value={"type": 5}), r"agents\.x"),
    (put("agents", "x", value={"type": None}), r"agents\.x"),
    (put("agents", "x", value={"type": ["llm"]}), r"agents\.x"),
    (put("agents", "A-b", value={"type": "random"}), r"the agent name 'A-b' is not allowed"),
    (put("agents", "a--b", value={"type": "random"}), r"the agent name 'a--b' is not allowed"),
    (put("agents", "", value={"type": "random"}), r"the agent name '' is not allowed"),
    (put("agents", "a/b", value={"type": "random"}), r"the agent name 'a/b' is not allowed"),
    (put("agents", 3, value={"type": "random"}), r"agents\.3: .*string"),
    (put("agents", "random", "speed", value=1), r"unknown key 'speed' in agents\.random"),
    (put("agents", "mcts", "simulation", value=1), r"Did you mean 'simulations'\?"),
    (drop("agents", "mcts", "simulations"), r"agents\.mcts\.simulations: the key is missing"),
    (put("agents", "mcts", "simulations", value=0), r"agents\.mcts\.simulations: .*found 0"),
    (put("agents", "mcts", "simulations", value=1.5), r"mcts\.simulations: .*found 1\.5"),
    (put("agents", "mcts", "simulations", value="9"), r"mcts\.simulations: .*found '9'"),
    (put("agents", "ismcts", "simulations", value=1), r"ismcts\.simulations: .*found 1"),
    (put("agents", "bet", "prefer", value=[]), r"agents\.bet\.prefer: .*found \[\]"),
    (put("agents", "random", "games", value="kuhn_poker"), r"agents\.random\.games: .*list"),
    (drop(*LLM, "model"), r"agents\.gpt\.4o_mini\.model: the key is missing"),
    (put(*LLM, "model", value=4), r"model: .*found 4"),
    (put(*LLM, "temperature", value=-1), r"temperature: .*found -1"),
    (put(*LLM, "temperature", value="hot"), r"temperature: .*found 'hot'"),
    (put(*LLM, "temperature", value=float("nan")), r"temperature: .*found nan"),
    (put(*LLM, "temperature", value=float("inf")), r"temperature: .*found inf"),
    (put(*LLM, "top_p", value=0), r"top_p: .*found 0"),
    (put(*LLM, "top_p", value=1.1), r"top_p: .*found 1\.1"),
    (put(*LLM, "max_tokens", value=0), r"max_tokens: .*found 0"),
    (put(*LLM, "max_tokens", value=True), r"max_tokens: .*found True"),
    (put(*LLM, "memory", value="long"), r"memory: .*'none' or 'chat'.*found 'long'"),
    (put(*LLM, "rethink", value=-1), r"rethink: .*found -1"),
    (put(*LLM, "fallback", value="resign"), r"fallback: .*found 'resign'"),
    (put(*LLM, "shuffle_labels", value="yes"), r"shuffle_labels: .*found 'yes'"),
    (put(*LLM, "extra_body", value=[1]), r"extra_body: .*found \[1\]"),
    (
        put(*LLM, "extra_body", value={"since": datetime.date(2025, 1, 2)}),
        r"extra_body\.since: .*found datetime\.date",
    ),
    (put(*LLM, "temprature", value=0.1), r"Did you mean 'temperature'\?"),
    (put("deal", value=5), r"unknown key 'deal'\. Did you mean 'deals'\?"),
    (put("deals[0]", value=5), r"unknown key 'deals\[0\]'\. Did you mean 'deals'\?"),
    (put("deals", value=0), r"deals: .*found 0"),
    (put("deals", value="ten"), r"deals: .*found 'ten'"),
    (put("deals", value=None), r"deals: .*found None"),
    (put("seed", value=1.0), r"seed: .*found 1\.0"),
    (put("seed", value=2**63), r"seed: .*found 9223372036854775808"),
    (put("seed", value=True), r"seed: .*found True"),
    (put("opening_plies", value=-1), r"opening_plies: .*found -1"),
    (put("opening_plies", value="some"), r"opening_plies: .*found 'some'"),
    (put("max_plies", value=0), r"max_plies: .*found 0"),
    (put("seatings", value="random"), r"seatings: .*'all' or 'rotations'.*found 'random'"),
    (put("models", value="config/models.yaml"), r"models: .*list"),
    (put("self_play", value="no"), r"self_play: .*found 'no'"),
    (put("chunk", value=0), r"chunk: .*found 0"),
    (put("run_mode", value="dry"), r"run_mode: .*found 'dry'"),
    (put("schedule", value="all"), r"schedule: .*'round_robin'.*found 'all'"),
    (put("schedule", value=None), r"schedule: .*found None"),
    (put("schedule", value=[]), r"schedule: .*found \[\]"),
    (put("schedule", value={}), r"schedule\.matchups: the key is missing"),
    (put("schedule", value={"each": ["bet"]}), r"schedule\.against: the key is missing"),
    (put("schedule", value={"each": [], "against": ["bet"]}), r"schedule\.each: .*found \[\]"),
    (put("schedule", value={"matchups": []}), r"schedule\.matchups: .*found \[\]"),
    (put("schedule", value={"matchups": ["bet"]}), r"schedule\.matchups\.0: .*found 'bet'"),
    (put("schedule", value={"match": [["bet"]]}), r"Did you mean 'matchups'\?"),
    (put(3, value=4), r"3"),
]


@pytest.mark.parametrize(("mutate", "said"), BAD)
def test_a_bad_configuration_is_refused_by_key_and_value(mutate: Break, said: str) -> None:
    config = good()
    mutate(config)
    text = refused(config)
    assert text.startswith("config: ")
    assert re.search(said, text), text


@pytest.mark.parametrize(
    ("places", "said"),
    [
        ([("deal",), ("sed",)], ["unknown key 'deal'", "unknown key 'sed'"]),
        ([("deal",), ("agents", "bet", "prefr")], ["unknown key 'deal'", "'prefr' in agents.bet"]),
        ([("deals",), ("agents", "mcts", "simulations"), ("speed",)],
         ["deals: ", "agents.mcts.simulations: ", "unknown key 'speed'"]),
        ([("opening_plies",), ("max_plies",)], ["opening_plies: ", "max_plies: "]),
    ],
)  # fmt: skip
def test_all_mistakes_are_named_at_once(places: list[tuple[str, ...]], said: list[str]) -> None:
    config = good()
    for place in places:
        put(*place, value=-1)(config)
    with pytest.raises(UserError) as refusal:
        load.read(config)
    text = str(refusal.value)
    assert all(text.count(each) == 1 for each in said), text
    assert text.count(" found -1") + text.count("unknown key") == len(places), text


def test_a_misspelt_key_is_not_missing_as_well() -> None:
    config = good()
    config["agents"]["mcts"]["simulation"] = config["agents"]["mcts"].pop("simulations")
    assert "missing" not in refused(config)


def test_of_very_many_mistakes_some_are_counted() -> None:
    with pytest.raises(
        UserError, match=r"several mistakes:(\n  agents.a\d+\.games: .*){10}\n  and 2 more$"
    ):
        load.read(changed(agents={f"a{n}": {"type": "random", "games": n} for n in range(12)}))


@pytest.mark.parametrize("raw", [None, [], "games", 3, [{"games": []}]])
def test_what_is_no_mapping_is_refused(raw: Any) -> None:
    assert "mapping" in refused(raw)


def test_a_long_value_is_shown_short() -> None:
    assert len(refused(changed(deals=list(range(1000))))) < 200


# What only the plan can see


def bad_plan(config: Config, working: Path) -> str:
    with pytest.raises(UserError) as refusal:
        plan.make(config, working)
    return sentence(str(refusal.value))


@pytest.mark.parametrize("model", ["gpt-4", "openai_gpt-4", "hf", "hf_", "_x", "", "HF_gpt2"])
def test_a_model_id_of_no_backend_is_refused(model: str, tmp_path: Path) -> None:
    config = good()
    config["agents"]["gpt.4o_mini"]["model"] = model
    text = bad_plan(config, tmp_path)
    assert text.startswith(f"config: agents.gpt.4o_mini.model: {model!r}")
    assert "hf_..." in text and "litellm_..." in text


def test_a_template_that_is_not_there_is_refused_by_the_plan(tmp_path: Path) -> None:
    config = good()
    config["agents"]["gpt.4o_mini"]["prompt"] = "ters"
    text = bad_plan(config, tmp_path)
    assert text.startswith("config: agents.gpt.4o_mini: prompt: no template 'ters'")
    assert "Did you mean 'terse'?" in text


def test_an_opening_as_long_as_the_game_is_refused_by_the_plan(tmp_path: Path) -> None:
    text = bad_plan(changed(opening_plies=9), tmp_path)
    assert text == "config: opening_plies: tic_tac_toe: no undecided opening of 9 plies."


def test_a_grid_of_too_many_jobs_is_refused_before_they_are_listed(tmp_path: Path) -> None:
    text = bad_plan(GOODS["smallest"] | {"deals": 2**70}, tmp_path)
    assert re.search(rf"deals: {2**70} deals in 1 cells make \d+ jobs", text), text


# Fuzz


def mutant(luck: Random) -> Config:
    """Put one to three mistakes into a good configuration."""
    return spoil(luck.choice(list(GOODS.values())), luck)


def test_any_mutant_is_read_or_refused_and_nothing_else(tmp_path: Path) -> None:
    luck, outcomes = Random(20250102), {"planned": 0, "read": 0, "refused": 0}
    for _ in range(500):
        config = mutant(luck)
        try:
            load.read(config)
        except UserError as error:
            assert "Traceback" not in str(error)
            outcomes["refused"] += 1
            continue
        outcomes["read"] += 1
        try:
            for cell in (made := plan.make(config, tmp_path)).grid.cells:
                json.loads(made.identity.params(cell))
        except UserError as error:
            assert "\n" not in str(error)
        else:
            outcomes["planned"] += 1
    assert min(outcomes.values()) >= 10, outcomes


# The schema


def valid(config: Config) -> bool:
    found: bool = jsonschema.Draft202012Validator(config_schema.schema()).is_valid(config)
    return found


def test_the_schema_file_is_generated_from_the_types() -> None:
    assert config_schema.PATH.read_text(encoding="utf-8") == config_schema.text()
    jsonschema.Draft202012Validator.check_schema(config_schema.schema())


@pytest.mark.parametrize("name", GOODS)
def test_the_schema_accepts_good_configurations(name: str) -> None:
    assert valid(GOODS[name])


@pytest.mark.parametrize(
    "path",
    [
        ("deal",),
        ("agents", "random", "speed"),
        ("agents", "mcts", "simulation"),
        ("agents", "gpt.4o_mini", "temprature"),
        ("schedule", "extra"),
    ],
)
def test_the_schema_refuses_unknown_keys(path: tuple[str, ...]) -> None:
    config = copy.deepcopy(GOODS["each"])
    put(*path, value=1)(config)
    assert not valid(config)
    refused(config)


def test_the_schema_wants_agents_and_the_types_games_too() -> None:
    without_agents, without_games = good(), good()
    del without_agents["agents"], without_games["games"]
    assert not valid(without_agents)
    assert valid(without_games)  # a suite brings the games
    refused(without_agents)
    refused(without_games)


def test_what_the_types_read_the_schema_accepts() -> None:
    luck, read = Random(7), 0
    for _ in range(150):
        config = mutant(luck)
        try:
            load.read(config)
        except UserError:
            continue
        read += 1
        assert valid(config), config
    assert read >= 10

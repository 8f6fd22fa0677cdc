"""Broken configurations: the shipped grids and examples with random errors, small and absurd.

A mutant is a configuration plus the files beside it in a user's folder: model files and prompt
templates, which may be broken too.
"""

import copy
import datetime
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import yaml

from gamegrid.paths import WORKFLOW

Config = dict[str, Any]
Place = tuple[Any, ...]

VALUES: list[Any] = [
    None,
    True,
    False,
    0,
    1,
    -1,
    2**70,
    0.5,
    float("nan"),
    float("inf"),
    "",
    "x",
    "auto",
    "random",
    "round_robin",
    "tic_tac_toe",
    "kuhn_poker(players=3)",
    "llm",
    "\x00",
    "ü\ud800",
    "a" * 300,
    "~nobody/x",
    [],
    [[]],
    [None],
    ["random"],
    ["random", "best"],
    {},
    {"type": "llm"},
    {"type": "random"},
    {"each": ["random"], "against": ["best"]},
    {"matchups": [["random", "best"]]},
    {None: None},
    {1: 2},
    {"a": {"b": {"c": []}}},
    datetime.date(2025, 1, 2),
    datetime.time(12, 30),
    b"x",
    {"x", "y"},
    (1, 2),
]

GAMES = [
    "tic_tac_toe(",
    "go(board_size=1000000)",
    "go(board_size=-1)",
    "hex(board_size=99)",
    "connect_four(rows=0)",
    "connect_four(rows=99999999999999999999)",
    "kuhn_poker(players=11)",
    "goofspiel(num_cards=-1)",
    "goofspiel(imp_info=maybe)",
    "nim(pile_sizes=1;2;x)",
    "misere()",
    "misere(game=tic_tac_toe())",
    "misere(game=misere(game=nim()))",
    "leduc_poker(players=0)",
    "liars_dice(numdice=0)",
    "matrix_rps(x=1)",
    "generated_matrix(seed=1.5)",
    "chess(fen=junk)",
    "universal_poker()",
    "turn_based_simultaneous_game(game=goofspiel())",
    "pig(horizon=0)",
    "tïc",
    "repeated_game(stage_game=matrix_pd(),num_repetitions=0)",
    "efg_game(filename=/etc/passwd)",
    "dots_and_boxes(num_rows=-3,num_cols=2)",
    "blackjack(players=2)",
    "🎲",
    " kuhn_poker ",
    "backgammon",
]

MODELS = [
    "gpt-4",
    "hf_",
    "hf_../..",
    "hf_tiny",
    "hf_nobody/nothing",
    "vllm_tiny",
    "litellm_",
    "litellm_x",
    "litellm_openai/gpt-4o-mini",
    "litellm_ü/ü",
    "HF_tiny",
    "hf_\n",
    "hf_" + "a" * 300,
    "hf_/etc/passwd",
]

ENTRY: Config = {
    "name": "hf_tiny",
    "model_path": "config/tiny",
    "tokenizer_path": "config/tiny",
    "api_base": "http://localhost:1",
    "max_connections": 2,
    "requests_per_minute": 3.5,
    "tokens_per_minute": 1e4,
    "timeout": 10,
    "input_price": 0,
    "output_price": 1.5,
    "gpus": 1,
    "gpu_model": "a100",
    "mem_mb": 1000,
    "runtime": 10,
    "threads": 2,
    "revision": "main",
    "trust_remote_code": False,
    "engine": {"dtype": "auto", "max_model_len": 512},
}

MODEL_FILES = [
    "",
    "models",
    "models: 3",
    "[]",
    "models: [",
    "models: [[]]",
    "models: [null]",
    "models: {a: b}",
    "\t",
    "models: [hf_tiny, hf_tiny]",
    "models: &a [*a]",
    "models: [{name: &b [*b]}]",
    "%",
    "--- 1\n--- 2",
    "models: [{? [a] : b}]",
    "models: [{name: 2025-01-02}]",
    "!!python/object:os.system {}",
    "\x00",
]

TEMPLATES = [
    "",
    "{%",
    "{{ game }}",
    "{% block prefix %}{% endblock %}",
    "{% extends 'default' %}",
    "{% block prefix %}{{ 1 / 0 }}{% endblock %}",
    "{% block state %}{{ labels[9] }}{% endblock %}",
    "{% block prefix %}{{ game.title.x.y }}{% endblock %}",
    "{% include 'x' %}",
    "{{ x | nothing }}",
    "{% block prefix %}{{ 'x' | int('y') + seat }}{% endblock %}",
    "{% import 'x' as y %}",
    "\ufeff",
    "{% block prefix %}{{ seat() }}{% endblock %}",
    "{% block prefix %}{{ super() }}{% endblock %}",
    "{% block prefix %}{{ '%d' | format('x') }}{% endblock %}",
    "{% block prefix %}{{ 2 ** 'x' }}{% endblock %}",
    "{% block prefix %}{{ [] | first | length }}{% endblock %}",
    "{% block prefix %}{{ {}[[]] }}{% endblock %}",
    "{% block prefix %}{% include 'default' %}{% endblock %}",
]

BLOCKS = "".join(
    f"{{% block {name} %}}x{{% endblock %}}" for name in ("prefix", "state", "rethink")
)


@dataclass(frozen=True)
class Mutant:
    """A broken configuration and the texts of the files beside it, by path."""

    config: Any
    files: dict[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write the files to the paths that the configuration expects."""
        for name, text in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(text.encode("utf-8", "surrogatepass"))


@cache
def shipped() -> dict[str, Config]:
    """Return every grid and example with agents that ships with the workflow, by name."""
    files = [
        WORKFLOW / "config/config.yaml",
        *sorted((WORKFLOW / "config/examples").glob("*.yaml")),
    ]
    read = {file.name: yaml.safe_load(file.read_text(encoding="utf-8")) for file in files}
    return {name: config for name, config in read.items() if "agents" in config}


def places(value: Any, path: Place = ()) -> list[Place]:
    """Return the paths of all values in a configuration."""
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else []
    if isinstance(value, list):
        items = enumerate(value)
    for key, inner in items:
        found += places(inner, (*path, key))
    return found


def spoil(config: Config, luck: Random, most: int = 3) -> Config:
    """Replace one to ``most`` values of a configuration, or remove, rename or add keys."""
    config = copy.deepcopy(config)
    for _ in range(luck.randint(1, most)):
        *parents, last = luck.choice(places(config) or [("games",)])
        place: Any = config
        for key in parents:
            place = place[key]
        value = copy.deepcopy(luck.choice(VALUES))
        match luck.choice(("replace", "bend", "remove", "add", "rename")):
            case "replace":
                place[last] = value
            case "bend" if last in place or isinstance(place, list):
                place[last] = bent(place[last], luck)
            case "remove" if last in place or isinstance(place, list):
                del place[last]
            case "rename" if isinstance(place, dict) and last in place:
                place[luck.choice(("x", 3, None, True, "typ", "game", "Ä b"))] = place.pop(last)
            case _ if isinstance(place, dict):
                place[luck.choice(("x", "type", "games", "model", 3, ("a", 1)))] = value
            case _:
                place.append(value)
    return config


def bent(value: Any, luck: Random) -> Any:
    """Return a value similar to the given one."""
    match value:
        case bool():
            return luck.choice((int(value), str(value).lower(), not value))
        case int() | float():
            return luck.choice(
                (-value, value + 0.5, str(value), value * 10**9, 2**63, 1e308, [value])
            )
        case str():
            strange = (
                value[:-1],
                value.upper(),
                f"{value} ",
                f"../{value}",
                f"{value}\n",
                f"{value}é",
            )
            return luck.choice(
                (*strange, value * 50, f"{value}()", [value], {value: value}, value[::-1])
            )
        case list():
            return luck.choice(
                (value * 2, value[::-1], [value], dict(enumerate(value)), value * 40)
            )
        case dict():
            return luck.choice((list(value), [value], {**value, "": value}, str(value)))
    return value


def mutant(luck: Random) -> Mutant:
    """Return a shipped configuration with errors in its keys, names, models or templates."""
    config = copy.deepcopy(luck.choice(list(shipped().values())))
    agents = list(config["agents"])
    models = [entry for entry in config["agents"].values() if entry["type"] == "llm"]
    files = {}
    match luck.choice(
        ("keys", "game", "agent", "settings", "model", "models", "entry", "template", "number")
    ):
        case "keys":
            config = spoil(config, luck)
        case "game":
            config["games"] = [*config.get("games", []), luck.choice(GAMES)]
        case "agent":
            unknown = luck.choice(("nobody", agents[0].upper(), "ü", "", agents[0] + " "))
            schedule = {"each": [unknown], "against": agents}, {"matchups": [[unknown, agents[0]]]}
            config["schedule"] = luck.choice(schedule)
        case "settings":
            entry = config["agents"][luck.choice(agents)]
            config["agents"][luck.choice((*agents, "x" * 300, "a.b", "a--b"))] = spoil(entry, luck)
            numbers = 10**6, 10**12, 2**63, 2**70, -1, 1.0
            counts = "deals", "chunk", "positions", "probes", "max_plies"
            config[luck.choice(counts)] = luck.choice(numbers)
        case "number":  # no error in this case
            config[luck.choice(("seed", "deals", "chunk", "protocol"))] = luck.randint(1, 500)
        case "model" if models:
            luck.choice(models)["model"] = luck.choice(MODELS)
        case "models":
            files["models.yaml"] = luck.choice(MODEL_FILES)
            config["models"] = ["models.yaml"]
        case "template" if models:
            luck.choice(models)["prompt"] = luck.choice(("odd", "odd", "../prompts/odd", "ö", ""))
            files["config/prompts/odd.jinja"] = luck.choice(("", BLOCKS)) + luck.choice(TEMPLATES)
        case _:
            entry = {"models": [spoil(ENTRY, luck)]}
            files["models.yaml"] = yaml.dump(entry, allow_unicode=luck.random() < 0.5)
            config["models"] = ["models.yaml"]
            config["agents"]["model"] = {
                "type": "llm",
                "model": luck.choice(("hf_tiny", "vllm_tiny")),
            }
    if luck.random() < 0.3:
        config = spoil(config, luck, most=1)
    return Mutant(config, files)

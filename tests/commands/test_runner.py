"""scripts/runner.py: the old command line becomes a grid, and every documented command plays."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from gamegrid.commands.runner import arena, settings
from gamegrid.commands.runner.translate import Translation, translate
from gamegrid.errors import UserError
from gamegrid.jobs.preconditions import check_before_play
from gamegrid.paths import WORKFLOW
from gamegrid.plan import plan
from gamegrid.records import stamp
from gamegrid.records.stamp import Stamp
from loopback import Endpoint
from workflow_runs import environment, query

COMMANDS = yaml.safe_load((Path(__file__).parent / "commands.yaml").read_text("utf-8"))
PLACEHOLDER = "new_provider"
EXAMPLE = "configs/example_config.yaml"
TWO_PLAYERS = {
    "env_config": {"game_name": "tic_tac_toe"},
    "agents": {"player_0": {"type": "llm", "model": "hf_a"}, "player_1": {"type": "random"}},
}


def made(*overrides: str, content: Any = None) -> Translation:
    """Translate a configuration with overrides."""
    base = content or yaml.safe_load((WORKFLOW / EXAMPLE).read_text("utf-8"))
    return translate(settings.read(base, overrides), ["config/models.yaml"])


def matchups(*overrides: str, content: Any = None) -> set[tuple[str, ...]]:
    """Return who meets whom, by models and types."""
    grid = made(*overrides, content=content).grid
    names = {name: entry.get("model") or entry["type"] for name, entry in grid["agents"].items()}
    cells = plan.make(grid, WORKFLOW).grid.cells
    return {tuple(sorted(names[agent] for agent in cell.matchup.agents)) for cell in cells}


def redirected(folder: Path, address: str) -> Path:
    """Write a model file that has every documented model answered on this machine."""
    names = sorted(set(re.findall(r"model=(\S+)", "\n".join(COMMANDS))))
    entries = [
        {"name": name, "model_path": str(WORKFLOW / "config/tiny")}
        if name.startswith("hf_")
        else {"name": name, "api_base": address}
        for name in names
    ]
    path = folder / "here.yaml"
    path.write_text(yaml.safe_dump({"models": entries}), "utf-8")
    return path


def shell(line: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Type a command into a shell that reads standard input, as it does for pasted lines."""
    text = f"{sys.executable} {WORKFLOW}/scripts/runner.py --config {line}\n"
    return subprocess.run(
        ["bash"], input=text, cwd=folder, env=environment(), capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("line", COMMANDS)
def test_a_documented_command_becomes_a_grid_of_its_models(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = arena.join_lines(line.replace("\\\\\n", "").split(), lambda: "")
    assert arena.main(["--config", *words, "--write-config"]) == 0
    grid = yaml.safe_load(capsys.readouterr().out)
    wanted = set(re.findall(r"model=(\S+)", line))
    assert {entry.get("model") for entry in grid["agents"].values()} - {None} == wanted
    assert all(entry.get("temperature", 0.1) == 0.1 for entry in grid["agents"].values())
    cells = plan.make(grid, WORKFLOW).grid.cells
    assert {agent for cell in cells for agent in cell.matchup.agents} == set(grid["agents"])


@pytest.mark.documents
@pytest.mark.parametrize("line", [line for line in COMMANDS if PLACEHOLDER not in line])
def test_a_documented_command_plays_as_it_is_written(line: str, tmp_path: Path) -> None:
    with Endpoint() as endpoint:
        models = redirected(tmp_path, endpoint.api_base)
        line = line.replace(" --override", f" --models {models} --cores 1 --override", 1)
        done = shell(line, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    [played] = query(tmp_path, "SELECT count(*) FROM episodes WHERE status <> 'error'")
    assert played[0] > 0
    asked = {row[0] for row in query(tmp_path, "SELECT DISTINCT model FROM calls")}
    assert asked == set(re.findall(r"model=(\S+)", line))


@pytest.mark.documents
def test_the_documented_placeholder_of_a_provider_is_told_from_a_real_one(tmp_path: Path) -> None:
    [line] = [line for line in COMMANDS if PLACEHOLDER in line]
    with Endpoint() as endpoint:
        models = redirected(tmp_path, endpoint.api_base)
        done = shell(line.replace(" --override", f" --models {models} --override", 1), tmp_path)
    assert done.returncode != 0
    assert "LiteLLM has no provider 'new_provider'" in done.stderr


def test_three_backends_meet_at_one_table_and_leave_the_usual_files(tmp_path: Path) -> None:
    [line] = [line for line in COMMANDS if "three_way" in line]
    with Endpoint() as endpoint:
        models = redirected(tmp_path, endpoint.api_base)
        line = line.replace(" --override", f" --models {models} --override num_episodes=6", 1)
        done = shell(line, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "hf_distilgpt2" in done.stdout  # the leaderboard is printed
    assert query(tmp_path, "SELECT count(*) FROM episodes") == [(6,)]
    assert query(tmp_path, "SELECT count(DISTINCT backend) FROM calls") == [(3,)]
    assert (tmp_path / "results/tables/leaderboard.csv").exists()

    *_, last = done.stdout.splitlines()
    assert not (tmp_path / "results/report.html").exists()
    subprocess.run(shlex.split(last.partition(": ")[2]), cwd=tmp_path, check=True)
    assert (tmp_path / "results/report.html").exists()
    assert query(tmp_path, "SELECT count(*) FROM episodes") == [(6,)]


# Values and keys


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1), ("0", 0), ("1.5", 1.5), ("1e-3", 0.001), ("true", True), ("x", "x"), ("", None),
     ("a: [", "a: [")],
)  # fmt: skip
def test_values_have_the_types_of_yaml(text: str, value: Any) -> None:
    read = settings.parse_value(text)
    assert read == value
    assert type(read) is type(value)


def test_one_episode_is_one_and_seed_0_is_0() -> None:
    grid = made("num_episodes=1", "seed=0").grid
    assert (grid["deals"], grid["seed"]) == (1, 0)


def test_places_of_lists_are_set_and_one_game_replaces_a_list() -> None:
    assert made("env_configs.0.game_name=hex_4").grid["games"] == ["hex_4", "kuhn_poker"]
    grid = made("env_config.game_name=hex_4", "env_config.max_game_rounds=7").grid
    assert (grid["games"], grid["max_plies"]) == (["hex_4"], 7)


def test_episodes_are_rounded_up_to_whole_deals_and_that_is_said() -> None:
    done = made("num_episodes=5", content=TWO_PLAYERS)
    assert done.grid["deals"] == 3
    assert "3 deals x 2 seatings = 6 episodes" in done.notes[1]
    assert "num_episodes 5, rounded up" in done.notes[1]


def test_limits_of_several_games_are_one_and_that_is_said() -> None:
    two = ("env_configs.0.max_game_rounds=5", "env_configs.1.max_game_rounds=2")
    assert made(*two).grid["max_plies"] == 5
    assert "5, applies to every game" in made(*two).notes[-1]
    assert "max_plies" not in made(two[0]).grid


def test_keys_without_a_counterpart_are_named() -> None:
    assert made("use_ray=true", "ray_config.num_cpus=4").notes[-1].startswith("use_ray, ray_config")


def test_openrouter_is_a_provider_and_own_keys_reach_the_agent() -> None:
    grid = made("agents.player_0.model=openrouter_org/m-1", "agents.player_0.prompt=gra").grid
    [agent] = [entry for entry in grid["agents"].values() if entry["type"] == "llm"]
    assert (agent["model"], agent["prompt"]) == ("litellm_openrouter/org/m-1", "gra")


@pytest.mark.parametrize(
    ("overrides", "who"),
    [
        (["mode=llm_vs_random"], {("hf_tiny", "random")}),
        (["mode=llm_vs_llm", "agents.player_1.model=hf_b"], {("hf_b", "hf_tiny")}),
        (["mode=llm_vs_llm", "agents.player_1.model=hf_tiny"], {("hf_tiny", "hf_tiny")}),
        (["mode=self_play", "agents.player_0.model=hf_c"], {("hf_c", "hf_c")}),
        (["mode=random_vs_random"], {("random", "random")}),
        (["agents.player_0.type=random", "agents.player_1.model=hf_b"], {("hf_b", "random")}),
        (["mode=multi_agent", "agents.player_1.type=optimal", "env_config.game_name=nim"],
         {("hf_tiny", "optimal")}),
        (["mode=multi_agent", "agents.player_2.model=hf_b", "env_config.game_name=nim"],
         {("hf_b", "hf_tiny"), ("hf_b", "random"), ("hf_tiny", "random")}),
    ],
)  # fmt: skip
def test_the_mode_says_who_meets_whom(overrides: list[str], who: set[tuple[str, ...]]) -> None:
    assert matchups(*overrides) == who


def test_a_person_takes_the_seat_that_is_left() -> None:
    assert made("mode=human_vs_llm").person == 1
    assert made("mode=human_vs_llm", "agents.player_1.model=hf_b").person == 0
    assert made(
        "mode=human_vs_llm", "agents.player_0.type=human", "agents.player_1.model=hf_b"
    ).grid["agents"].keys() == {"hf_b"}


def test_a_person_plays_in_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("builtins.input", lambda: "Bet")
    config = tmp_path / "c.yaml"
    config.write_text(yaml.safe_dump({**TWO_PLAYERS, "env_config": {"game_name": "kuhn_poker"}}))
    line = ["--config", "c.yaml", "--override", "mode=human_vs_random"]
    assert arena.main(line) == 0
    assert "You end with" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["num_episode=1"], "unknown key 'num_episode'. Did you mean 'num_episodes'?"),
        (["llm_backend.max_token=1"], "'llm_backend.max_token'. Did you mean 'max_tokens'?"),
        (["env_configs.0.game=x"], "'env_configs.0.game'. Did you mean 'game_name'?"),
        (["env_configs.7.game_name=x"], "'7' is not an index of a list of 2"),
        (["num_episodes=0"], "num_episodes: input should be greater than or equal to 1, found 0"),
        (["num_episodes=true"], "num_episodes: input should be a valid integer, found True"),
        (["num_episodes"], "'num_episodes' is not of the form key=value"),
        (["mode=llm_vs_lm"], "mode: 'llm_vs_lm' is unknown. Did you mean 'llm_vs_llm'?"),
        (["mode=llm_vs_llm"], "agents.player_1: an llm needs a model"),
        (["agents.player_0.model=x", "agents.player_1.model=y"], "llm_vs_random needs llm and"),
        (["agents.player_3.model=hf_a"], "'player_3' is not one of the 3 players"),
        (["mode=self_play", "agents.player_1.model=hf_b"], "use mode=llm_vs_llm"),
        (["seed.x=1"], "42 has no keys to set"),
        (["env_config.game_name=hexx"], "'hexx' is unknown. Did you mean 'hex'?"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(overrides: list[str], said: str) -> None:
    with pytest.raises(UserError) as refusal:
        made(*overrides)
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_an_unknown_key_of_an_agent_is_refused_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    line = ["--config", EXAMPLE, "--override", "agents.player_0.temprature=1"]
    assert arena.main(line) == 1
    assert "Did you mean 'temperature'?" in capsys.readouterr().err
    assert not (tmp_path / "results").exists()


# Seeds


@pytest.mark.parametrize(
    ("stored", "seed", "place"),
    [(None, 0, "results"), (42, 42, "results"), (42, 0, "runs/seed-0/results")],
)
def test_a_run_whose_seed_is_not_that_of_the_results_gets_its_own_folder(
    stored: int | None, seed: int, place: str, tmp_path: Path
) -> None:
    """Real Snakemake plans the run; the keys and the templates of the folder stay in reach."""
    (tmp_path / ".env").write_text("GROQ_API_KEY=x\n")
    if stored is not None:
        stamp.write(tmp_path / "results", Stamp(stored, protocol=1))
    done = shell(
        f"{EXAMPLE} --dry-run --override mode=random_vs_random num_episodes=1 seed={seed}", tmp_path
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = (
        f"runner: results/ holds results of seed 42, so this run with seed {seed} goes to {place}/."
    )
    assert (told in done.stderr) == (place != "results")
    [grid] = (tmp_path / place / "runner").iterdir()
    assert yaml.safe_load(grid.read_text())["seed"] == seed
    assert (tmp_path / place / "../.env").read_text() == "GROQ_API_KEY=x\n"


# Lines and files


def test_continued_lines_are_read_to_their_end() -> None:
    rest = iter(["a=1 \\\\\n", "b=2\n", "c=3\n"])
    line = ["--config", "x", "--override", "\\"]
    assert arena.join_lines(line, lambda: next(rest)) == [*line[:3], "a=1", "b=2"]
    assert next(rest) == "c=3\n"


def test_only_the_lines_of_the_command_are_read_from_the_shell(tmp_path: Path) -> None:
    done = shell(
        f"{EXAMPLE} --write-config --override \\\\\nseed=7\necho the next command", tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "seed: 7" in done.stdout
    assert done.stdout.endswith("the next command\n")


def test_a_cut_off_line_without_a_rest_is_told() -> None:
    with pytest.raises(UserError, match="Write one backslash"):
        arena.join_lines(["--override", "\\"], lambda: "")


def test_the_old_model_files_are_read_where_they_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, entries in {
        "litellm_models.yaml": ["litellm_gpt-4", "litellm_groq/llama3-8b-8192"],
        "vllm_models.yaml": [
            {"name": "vllm_Qwen2-7B-Instruct", "model_path": "/no/such/Qwen2-7B-Instruct",
             "tokenizer_path": "/no/such/Qwen2-7B-Instruct", "description": "Qwen2 7B"},
        ],
    }.items():  # fmt: skip
        path = tmp_path / "src/game_reasoning_arena/configs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump({"models": entries}), "utf-8")
    line = ["--config", EXAMPLE, "--override", "agents.player_0.model=vllm_Qwen2-7B-Instruct"]
    assert arena.main([*line, "--write-config"]) == 0
    grid = yaml.safe_load(capsys.readouterr().out)
    with pytest.raises(UserError, match="'/no/such/Qwen2-7B-Instruct' is not a folder"):
        check_before_play(plan.make(grid, tmp_path), tmp_path / "results")


def test_a_configuration_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert arena.main(["--config", "none.yaml"]) == 1
    assert "cannot read none.yaml" in capsys.readouterr().err

"""A user's mistake: one or two sentences, a non-zero exit, nothing run."""

import subprocess
from pathlib import Path

import pytest
import yaml

from gamegrid.errors import UserError
from gamegrid.jobs import preconditions, workflow
from workflow_runs import Grid, command, environment, snakemake

GOOD: Grid = {
    "deals": 2,
    "games": ["kuhn_poker"],
    "agents": {"random": {"type": "random"}, "optimal": {"type": "optimal"}},
}
MODEL = {"type": "llm", "model": "hf_tiny"}


def with_agent(**agents: object) -> Grid:
    return {**GOOD, "agents": {**GOOD["agents"], **agents}}


MISTAKES: dict[str, tuple[Grid, list[str]]] = {
    "unknown key": ({**GOOD, "deels": 3}, ["deels", "deals"]),
    "unknown agent key": (with_agent(m={**MODEL, "temprature": 1}), ["temprature", "temperature"]),
    "unknown game": ({**GOOD, "games": ["kuhn_pokr"]}, ["kuhn_pokr", "kuhn_poker"]),
    "bad game parameters": ({**GOOD, "games": ["kuhn_poker(players=99)"]}, ["players=99", "10"]),
    "unknown game parameter": ({**GOOD, "games": ["kuhn_poker(seats=2)"]}, ["seats", "players"]),
    "unknown agent in the schedule": (
        {**GOOD, "schedule": {"matchups": [["random", "optimall"]]}},
        ["optimall", "optimal"],
    ),
    "model id without a known prefix": (
        with_agent(m={**MODEL, "model": "gpt-4"}),
        ["gpt-4", "litellm_", "hf_"],
    ),
    "missing model folder": (
        {**with_agent(m={**MODEL, "model": "vllm_nowhere"}), "models": ["models.yaml"]},
        ["vllm_nowhere", "no/such/folder"],
    ),
    "missing model file": ({**GOOD, "models": ["no_models.yaml"]}, ["no_models.yaml"]),
    "agent that cannot play": (
        {
            **with_agent(mcts={"type": "mcts", "simulations": 5}),
            "schedule": {"matchups": [["random", "mcts"]]},
        },
        ["mcts", "perfect information"],
    ),
    "fewer agents than seats": (
        {**GOOD, "games": ["kuhn_poker(players=3)"]},
        ["3 seats", "random"],
    ),
    "no deals": ({**GOOD, "deals": 0}, ["deals", "0"]),
    "no template": (with_agent(m={**MODEL, "prompt": "ters"}), ["ters", "terse"]),
}


DAILY = ("unknown key", "missing model folder")
"""Every test run shows these mistakes to Snakemake itself; the nightly tests show it all."""


def write_models(folder: Path) -> None:
    """Write the model file that some of the mistakes name."""
    (folder / "models.yaml").write_text(
        "models:\n  - {name: vllm_nowhere, model_path: no/such/folder}\n"
    )


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_refused_in_a_sentence(name: str, tmp_path: Path) -> None:
    """Call the functions that the Snakefile calls before it plays anything."""
    grid, words = MISTAKES[name]
    write_models(tmp_path)
    with pytest.raises(UserError) as refusal:
        preconditions.check_before_play(
            workflow.prepare(grid, tmp_path, tmp_path / "results", main=True), tmp_path / "results"
        )
    assert all(word in str(refusal.value) for word in words), refusal.value
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    "name",
    [name if name in DAILY else pytest.param(name, marks=pytest.mark.nightly) for name in MISTAKES],
)
def test_a_mistake_is_told_in_a_sentence_before_anything_runs(name: str, tmp_path: Path) -> None:
    grid, words = MISTAKES[name]
    write_models(tmp_path)
    run = snakemake(tmp_path, grid)
    assert run.code != 0
    told = [line for line in run.output.splitlines() if line.startswith("gamegrid: ")]
    assert len(told) == 1, run.output
    assert all(word in told[0] for word in words), told[0]
    assert "Traceback" not in run.output
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("folder", "file", "targets"),
    [
        ("verify", "grid.yaml", ["tables"]),
        ("here", "verify", ["tables"]),
        ("here", "grid.yaml", ["verify", "tables"]),
    ],
    ids=["folder", "file", "targets"],
)
def test_only_the_target_verify_is_exempt_from_checks(
    folder: str, file: str, targets: list[str], tmp_path: Path
) -> None:
    """A folder or file named verify exempts nothing: a run that may play needs its models."""
    grid, words = MISTAKES["missing model folder"]
    place = tmp_path / folder
    place.mkdir()
    (place / "models.yaml").write_text(
        "models:\n  - {name: vllm_nowhere, model_path: no/such/folder}\n"
    )
    (place / file).write_text(yaml.safe_dump(grid))

    def run(*asked: str) -> str:
        line = command("--directory", folder, "--configfile", f"{folder}/{file}", "--", *asked)
        done = subprocess.run(
            line, cwd=tmp_path, env=environment(),
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode != 0
        return done.stdout + done.stderr

    output = run(*targets)
    assert all(word in output for word in words), output
    assert not (place / "results").exists()
    assert "these results are incomplete" in run("verify")


def test_a_file_that_is_no_yaml(tmp_path: Path) -> None:
    """Snakemake reads the file before the workflow does, and words the error itself."""
    (tmp_path / "grid.yaml").write_text("games: [kuhn_poker\nagents: {")
    run = subprocess.run(
        command("--configfile", "grid.yaml"), cwd=tmp_path, env=environment(),
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    said = run.stdout + run.stderr
    assert run.returncode != 0
    assert "not valid JSON or YAML" in said
    assert "Traceback" not in said
    assert not (tmp_path / "results").exists()

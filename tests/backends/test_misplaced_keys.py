"""Keys in configurations and model files are refused, wherever they are; other text is not."""

from pathlib import Path
from typing import Any

import pytest

from gamegrid.backends.misplaced_keys import refuse
from gamegrid.config import load, models
from gamegrid.errors import UserError

KEY = "sk-canary-4f1d9a7735e1"


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"extra_body": {"api_key": KEY}}, "extra_body.api_key"),
        ({"extra_headers": {"Authorization": f"Bearer {KEY}"}}, "extra_headers.Authorization"),
        ({"a": [{"b": [{"x-api-key": "short"}]}]}, "a.b.x-api-key"),
        ({"a": {"AWS_SECRET_ACCESS_KEY": "x"}}, "a.AWS_SECRET_ACCESS_KEY"),
        ({"a": {"note": "AKIAABCDEFGHIJKLMNOP"}}, "a.note"),
        ({"a": {"note": "see hf_" + "aB3" * 11 + "x"}}, "a.note"),
        ({"a": {"token": "abcdefgh12345678"}}, "a.token"),
        ({"a": {"vertex_credentials": "{}"}}, "a.vertex_credentials"),
        ({"a": {"note": "-----BEGIN PRIVATE KEY-----"}}, "a.note"),
        ({"a": {"note": "known: from-the-environment-1"}}, "a.note"),
        ({"a": {"from-the-environment-1": 1}}, "a.?"),
    ],
)
def test_a_key_is_refused_by_its_place_and_not_quoted(
    settings: Any, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_API_KEY", "from-the-environment-1")
    with pytest.raises(UserError) as trouble:
        refuse(settings, "config", tmp_path)
    said = str(trouble.value)
    assert said.startswith(f"config: {path} holds a key")
    assert KEY not in said and "from-the-environment-1" not in said


@pytest.mark.parametrize(
    "settings",
    [
        {"max_tokens": 5, "stop_token_ids": [1], "tokens_per_minute": 100},
        {"eos_token": "<|im_end|>", "pad_token": "<pad>", "bos_token": "<s>"},
        {"prompt_cache_key": "user-1", "session_id": "game-7", "key": "C major"},
        {"model": "hf_meta-llama-3_8B_instruct_with_a_long_name_2024"},
        {"model": "litellm_fireworks_ai/accounts/fireworks/models/llama-v3p1-405b-instruct"},
        {"api_base": "https://me:p4ssw0rd-1234567890@host/v1?api_key=abcdefgh12345678"},
        {"deep": [[[[[{"a": None, "b": True, "c": 1.5}]]]]]},
    ],
)
def test_other_settings_are_not_refused(settings: Any, tmp_path: Path) -> None:
    refuse(settings, "config", tmp_path)


def test_an_alias_that_contains_itself_ends(tmp_path: Path) -> None:
    endless: dict[str, Any] = {"a": 1}
    endless["self"] = endless
    refuse(endless, "config", tmp_path)


def test_grids_and_model_files_are_searched(tmp_path: Path) -> None:
    agent = {"type": "llm", "model": "litellm_m", "extra_body": [KEY, {"api_key": KEY}]}
    with pytest.raises(UserError, match=r"config: agents\.a\.extra_body\.api_key holds") as trouble:
        load.read({"games": ["tic_tac_toe"], "agents": {"a": agent}}, tmp_path)
    assert KEY not in str(trouble.value)
    file = tmp_path / "models.yaml"
    file.write_text(f"models: [{{name: vllm_m, engine: {{hf_token: {KEY}}}, api_key: {KEY}}}]")
    with pytest.raises(UserError, match=r"models\.yaml: .* holds a key") as trouble:
        models.read_files(["models.yaml"], tmp_path)
    assert KEY not in str(trouble.value)

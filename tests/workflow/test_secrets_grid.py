"""A run against a server that repeats every secret in every encoding: none is kept or shown."""

import base64
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import pytest

sys.path.append(str(Path(__file__).parents[1]))

from raw_server import Asked, RawServer, response
from workflow_runs import command, environment, write_grid

KEYS = {
    "OPENAI_API_KEY": "sk-/+k3yc4n4ry4f1d9a77=1",
    "TOGETHERAI_API_KEY": "tg-s3c0ndc4n4ry8b2e6c",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/c4n4ry",
}
PASSWORD, PARAMETER = "p4ssw0rd/c4n4ry", "qu3ryk3y-c4n4ry"
SECRETS = [*KEYS.values(), PASSWORD, PARAMETER]


def every(form: str) -> Callable[[str], str]:
    """Return a function that writes every character of a key as a number."""
    return lambda key: "".join(form.format(ord(character)) for character in key)


WAYS: list[Callable[[str], str]] = [
    str,
    every("\\u{:04x}"),
    every("%{:02x}"),
    every("&#{};"),
    lambda key: quote(key, safe=""),
    lambda key: json.dumps(json.dumps(key)),
    escape,
    lambda key: base64.b64encode(key.encode()).decode(),
    lambda key: base64.b64encode(f"me:{key}".encode()).decode(),
    lambda key: base64.urlsafe_b64encode(f"Bearer {key}!".encode()).decode(),
    lambda key: key.encode().hex(),
    lambda key: f"{key[:9]}\\n{key[9:]}",
    lambda key: f"{key[:9]}\u200b{key[9:]}",
]
ESCAPES = "\x1b]0;owned\x07\x1b[2J\u202e"


def echo(asked: Asked) -> Iterator[bytes]:
    """Repeat the secrets: one request in three gets a reply, the others errors."""
    number = echo.calls = getattr(echo, "calls", 0) + 1  # type: ignore[attr-defined]
    said = " ".join(way(secret) for secret in SECRETS for way in WAYS) + ESCAPES
    if number % 3 == 0:
        yield response(json.dumps({"error": {"message": said}}).encode(), status="500 Oops")
        return
    if number % 3 == 1 and number < 9:
        yield response(f"<html>{said}".encode())
        return
    key = KEYS["OPENAI_API_KEY"]
    halves = [{"type": "text", "text": half} for half in (key[:9], key[9:])]
    content: Any = halves if number % 2 else f'{said} {{"action": "Pass"}}'
    message = {"role": "assistant", "content": content, "reasoning_content": said}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    body = {
        "id": said, "object": "chat.completion", "created": 0, "model": said, "choices": [choice],
        "system_fingerprint": said,
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }  # fmt: skip
    yield response(json.dumps(body).encode())


@pytest.mark.nightly
def test_no_secret_is_in_any_file_or_on_the_terminal(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with RawServer(echo) as server:
        login = f"me:{quote(PASSWORD, safe='')}@"
        direct = server.root.replace("//", f"//{login}") + f"/v1?api_key={PARAMETER}"
        entries = [
            {"name": "litellm_openai/m", "api_base": direct, "timeout": 5.0},
            {"name": "litellm_together_ai/m", "api_base": direct, "timeout": 5.0},
        ]
        agents: dict[str, Any] = {
            "first": {"type": "llm", "model": "litellm_openai/m", "max_tokens": 50},
            "second": {"type": "llm", "model": "litellm_together_ai/m", "max_tokens": 50},
            "random": {"type": "random"},
        }
        grid = {
            "deals": 1, "games": ["kuhn_poker"], "models": ["models.yaml"], "agents": agents,
            "schedule": {"each": ["first", "second"], "against": ["random"]},
        }  # fmt: skip
        write_grid(run, grid)
        (run / "models.yaml").write_text(json.dumps({"models": entries}))
        (run / ".env").write_text(f"OPENAI_API_KEY='{KEYS['OPENAI_API_KEY']}'\n")
        rest = {name: key for name, key in KEYS.items() if name != "OPENAI_API_KEY"}
        said = ""
        for targets in ((), ("--", "check")):
            done = subprocess.run(
                command("--configfile", "grid.yaml", "--show-failed-logs", *targets),
                cwd=run, env=environment() | rest, capture_output=True, timeout=300, check=False,
            )  # fmt: skip
            said += (done.stdout + done.stderr).decode("latin-1")
        assert len(server.requests) > 8, said
    for name in (".env", "models.yaml"):
        (run / name).unlink()
    files = [path for path in run.rglob("*") if path.is_file()]
    texts = {"the terminal": said} | {str(path): _text(path) for path in files}
    assert any("***" in text for name, text in texts.items() if "journal" in name)
    for name, text in texts.items():
        for secret in SECRETS:
            for number, way in enumerate(WAYS):
                if number in (3, 8, 9):
                    continue  # these end in characters that depend on what stands around them
                assert way(secret) not in text, (name, number)
                assert json.dumps(way(secret))[1:-1] not in text, (name, number)
            assert base64.b64encode(secret.encode()).decode()[4:-4] not in text, name
    assert not any(control in said for control in ("\x1b]0", "\x1b[2J", "\xe2\x80\xae"))


def _text(path: Path) -> str:
    """Return all text in a file, and unpack it if it is packed."""
    raw = path.read_bytes().decode("latin-1")
    if path.suffix == ".parquet":
        return raw + str(duckdb.sql(f"SELECT * FROM read_parquet('{path}')").fetchall())
    if path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as base:
            tables = [name for (name,) in base.execute("SHOW TABLES").fetchall()]
            return raw + str([base.execute(f'FROM "{name}"').fetchall() for name in tables])
    return raw

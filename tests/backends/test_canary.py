"""No key appears in what a backend returns, raises, prints or logs, whatever the server does."""

import asyncio
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

sys.path.append(str(Path(__file__).parents[1]))

from faulty import Fault, Slip, serving
from gamegrid.backends import litellm_api
from gamegrid.backends.backend import BackendError, Message, ModelEntry, Request, Sampling
from gamegrid.luck import Place
from gamegrid.records.journal import Journal
from loopback import Endpoint, Reply

CORE = "c4n4ry4f1d9a77"
"""The part of the key that every encoding leaves unchanged."""
PLAIN = f"sk-{CORE}"
ODD = f"sk-/+{CORE}=~"
"""A key with the bearer-token characters (RFC 6750) that encodings change."""
VARIABLES = {
    "openai": "OPENAI_API_KEY",
    "hosted_vllm": "HOSTED_VLLM_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "gemini": "GEMINI_API_KEY",
}
PATHS = {"anthropic": "", "gemini": "/v1beta"}
PLACE = Place(seed=1, game="kuhn_poker", deal=3, matchup="a--b", seating=0, seat=1)
SLOW = (Fault.HANG, Fault.TRICKLE)


@pytest.fixture(autouse=True)
def bare_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run in an empty folder without any key in the environment."""
    for names in litellm_api.KEY_VARIABLES.values():
        for name in names:
            monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(litellm_api, "FIRST_DELAY_S", 0.001)
    monkeypatch.setattr(litellm_api, "MAX_ATTEMPTS", 2)
    yield


def cases() -> list[tuple[Fault, Slip]]:
    """List every fault on the way and every slip of the model."""
    return [(f, Slip.NONE) for f in Fault if f not in SLOW] + [(Fault.NONE, s) for s in Slip]


async def told(provider: str, root: str) -> str:
    """Ask once through the journal; return the answer and the journal's text, or the error."""
    name = f"litellm_{provider}/some-model"
    api_base = root + PATHS.get(provider, "/v1")
    backend = litellm_api.create(ModelEntry(name=name, api_base=api_base, timeout=5), Path())
    said = (Message("user", 'Turn.\nLegal moves: ["a1", "b2"]'),)
    request = Request(model=name, messages=said, sampling=Sampling(max_tokens=50))
    await backend.open()
    try:
        with Journal(Path("journal/one.jsonl")) as journal:
            answer = await journal.ask(PLACE, 0, 0, request, backend.complete)
            return repr(answer) + Path("journal/one.jsonl").read_text()
    except BackendError as trouble:
        assert trouble.__cause__ is None and trouble.__context__ is None
        return str(trouble)
    finally:
        await backend.close()
        shutil.rmtree("journal", ignore_errors=True)


@pytest.mark.parametrize(
    ("key", "place"), [(PLAIN, ".env"), (ODD, "environment")], ids=["plain", "odd"]
)
@pytest.mark.parametrize("provider", VARIABLES)
def test_no_server_makes_a_backend_tell_the_key(
    provider: str,
    key: str,
    place: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    if place == "environment":
        monkeypatch.setenv(VARIABLES[provider], key)
    else:
        Path(".env").write_text(f"{VARIABLES[provider]}={key}\n")

    async def all_cases() -> list[str]:
        leaks = []
        for fault, slip in cases():
            with serving(lambda question, attempt: (fault, slip), echo=True) as server:  # noqa: B023
                if CORE in await told(provider, server.root):
                    leaks.append(f"{fault}/{slip}")
        return leaks

    assert asyncio.run(all_cases()) == []
    printed = capfd.readouterr()
    assert CORE not in printed.out + printed.err + caplog.text


@pytest.mark.parametrize(
    "body",
    [
        f"<html>no such key: {ODD}</html>",
        json.dumps({"error": {"message": f"key {ODD} is wrong"}}),
        json.dumps({"error": f"key {ODD} is wr"}).replace("/", "\\/")[:-2],
        json.dumps({"error": {"message": {"key": ODD}}}),
        f"no such address: /?key={quote(ODD, safe='')}",
    ],
    ids=["HTML", "JSON", "cut JSON", "nested", "percent"],
)
@pytest.mark.parametrize("status", [200, 400, 401, 500])
@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_no_body_of_any_status_tells_the_key(
    provider: str, status: int, body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLES[provider], ODD)
    with Endpoint(answer=lambda _: Reply(status=status, body=body.encode())) as endpoint:
        assert CORE not in asyncio.run(told(provider, endpoint.root))
        assert endpoint.keys[0] == ODD


@pytest.mark.parametrize("key", [PLAIN, ODD], ids=["plain", "odd"])
@pytest.mark.parametrize("provider", ["openai", "hosted_vllm"])
def test_a_model_that_repeats_the_key_has_it_crossed_out(
    provider: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy may repeat the key in a prompt's trace, a debug field or the reply itself."""
    monkeypatch.setenv(VARIABLES[provider], key)
    reply = Reply(text=f"Your key is {key}.", reasoning=f"It is {key}.", model=key)
    with Endpoint(answer=lambda _: reply) as endpoint:
        said = asyncio.run(told(provider, endpoint.root))
    assert "Your key is" in said and CORE not in said


@pytest.mark.parametrize("provider", ["anthropic", "gemini"])
def test_a_translated_reply_has_it_crossed_out(
    provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLES[provider], ODD)
    said = {"type": "text", "text": f"Your key is {ODD}."}
    bodies = {
        "anthropic": {
            "id": "m", "type": "message", "role": "assistant", "model": ODD, "content": [said],
            "stop_reason": "end_turn", "usage": {"input_tokens": 3, "output_tokens": 9},
        },
        "gemini": {
            "candidates": [{"finishReason": "STOP", "content": {"parts": [said]}}],
            "modelVersion": ODD,
            "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 9},
        },
    }  # fmt: skip
    reply = Reply(body=json.dumps(bodies[provider]).encode())
    with Endpoint(answer=lambda _: reply) as endpoint:
        told_all = asyncio.run(told(provider, endpoint.root))
    assert "Your key is" in told_all and CORE not in told_all


@pytest.mark.parametrize("key", ["1", "x", "null", "stop", "EMPTY"])
@pytest.mark.parametrize("provider", ["openai", "hosted_vllm", "anthropic"])
def test_a_made_up_key_spoils_no_answer(
    provider: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Users give keyless servers a made-up key, and answers may contain that word by chance."""
    with serving(lambda question, attempt: (Fault.NONE, Slip.NONE)) as server:
        unset = asyncio.run(told(provider, server.root))
        monkeypatch.setenv(VARIABLES[provider], key)
        given = asyncio.run(told(provider, server.root))
        assert len(server.bodies) == 2
    assert _reply(given) == _reply(unset)


def _reply(said: str) -> str:
    """Return the text of the completion in ``said``."""
    return said.partition("text=")[2].partition(", finish_reason")[0]

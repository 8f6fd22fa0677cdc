"""No redirect is followed, by any provider: neither a question nor a key reaches another server."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[1]))

from gamegrid.backends import litellm_api, litellm_library
from gamegrid.backends.backend import BackendError, Message, ModelEntry, Request, Sampling
from gamegrid.jobs.reachable import silence
from raw_server import Asked, RawServer, response

KEY = "sk-canary-4f1d9a7735e1"
STATUSES = (301, 302, 303, 307, 308)
SETTINGS = {
    "AWS_ACCESS_KEY_ID": f"{KEY}-aws",
    "AWS_SECRET_ACCESS_KEY": f"{KEY}-aws-secret",
    "AWS_REGION_NAME": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AZURE_API_VERSION": "2024-02-01",
    "WATSONX_APIKEY": KEY,
    "WATSONX_TOKEN": KEY,
    "WATSONX_PROJECT_ID": "p",
    "SNOWFLAKE_JWT": KEY,
    "CLOUDFLARE_ACCOUNT_ID": "a",
    "GITHUB_TOKEN": KEY,
}
MODELS = {
    "bedrock": "bedrock/anthropic.claude-3-haiku-20240307-v1:0",
    "triton": "triton/m",
    "azure_ai": "azure_ai/m",
}
PATHS = {"triton": "/v2/models/m/generate", "nlp_cloud": "/"}
"""Ends of an api_base without which the library sends nothing."""
REACHED = 80
"""At least this many providers of the pinned library send something to an api_base."""


@pytest.fixture(autouse=True)
def bare_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty working directory, short pauses, and no network but this machine's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(litellm_api, "FIRST_DELAY_S", 0.001)
    found = socket.getaddrinfo

    def local_only(host: Any, *arguments: Any, **named: Any) -> Any:
        if host not in ("127.0.0.1", "localhost", None):
            raise socket.gaierror(f"{host} is not on this machine")
        return found(host, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", local_only)


def evil(asked: Asked) -> Iterator[bytes]:
    """Answer like a model, so that a followed redirect would not be noticed."""
    message = {"role": "assistant", "content": "EVIL"}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    known = {"id": "x", "object": "chat.completion", "created": 0, "model": "m"}
    yield response(json.dumps(known | {"choices": [choice], "access_token": "t"}).encode())


def redirecting(elsewhere: RawServer, status: int) -> RawServer:
    def answer(asked: Asked) -> Iterator[bytes]:
        path = asked.line.split(" ")[1]
        where = f"Location: {elsewhere.root}{path}"
        yield response(b"", where, status=f"{status} Moved")

    return RawServer(answer)


async def told(model: str, api_base: str) -> str:
    """Ask a model once and return the error's sentence."""
    entry = ModelEntry(name=f"litellm_{model}", api_base=api_base, timeout=10)
    question = Request(
        model=entry.name, messages=(Message("user", "hi"),), sampling=Sampling(max_tokens=5)
    )
    backend = litellm_api.create(entry, Path())
    try:
        await backend.open()
        reply = await backend.complete(question)
    except BackendError as trouble:
        assert "\n" not in str(trouble)
        return str(trouble)
    finally:
        await backend.close()
    raise AssertionError(f"{model} replied {reply.text!r}")


def test_no_provider_follows_a_redirect(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every provider of the library is asked, whether or not gamegrid's documents name it."""
    litellm = litellm_library.load("any")
    providers = sorted({str(getattr(name, "value", name)) for name in litellm.provider_list})
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    for provider in providers:
        monkeypatch.setenv(f"{provider.upper()}_API_KEY", KEY)
    reached = 0
    with RawServer(evil) as elsewhere, redirecting(elsewhere, 307) as server:
        for provider in providers:
            before = len(server.requests)
            model = MODELS.get(provider, f"{provider}/some-model")
            said = asyncio.run(told(model, server.root + PATHS.get(provider, "")))
            sent = len(server.requests) - before
            assert sent <= 1, f"{provider} sent its request {sent} times"
            if sent:
                reached += 1
                assert "the address has moved (307)" in said, (provider, said)
        assert elsewhere.requests == []
    assert reached >= REACHED


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(
    "model",
    ["openai/m", "hosted_vllm/m", "together_ai/m", "anthropic/m", "gemini/m", "huggingface/m",
     "cohere/m", "replicate/m", "ollama/m", "ollama_chat/m", "azure/m", "petals/m", "oobabooga/m",
     "databricks/m", "watsonx/m", "bedrock/anthropic.claude-3-haiku-20240307-v1:0"],
)  # fmt: skip
async def test_every_kind_of_redirect_is_an_error(
    monkeypatch: pytest.MonkeyPatch, model: str, status: int
) -> None:
    """Other port of the same host, with each kind of client that the library has."""
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv(f"{model.partition('/')[0].upper()}_API_KEY", KEY)
    with RawServer(evil) as elsewhere, redirecting(elsewhere, status) as server:
        said = await told(model, f"{server.root}/v1")
    assert elsewhere.requests == []
    assert KEY not in said
    if server.requests:
        assert f"the address has moved ({status})" in said


@pytest.mark.parametrize("model", ["openai/m", "together_ai/m", "anthropic/m"])
async def test_a_proxy_for_plain_http_never_sees_a_key(
    monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    monkeypatch.setenv(f"{model.partition('/')[0].upper()}_API_KEY", KEY)
    with RawServer(evil) as proxy, RawServer(evil) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.root)
        monkeypatch.setenv("NO_PROXY", "")
        monkeypatch.setenv("no_proxy", "")
        entry = ModelEntry(name=f"litellm_{model}", api_base=f"{server.root}/v1")
        backend = litellm_api.create(entry, Path())
        await backend.open()
        question = Request(
            model=entry.name, messages=(Message("user", "hi"),), sampling=Sampling(max_tokens=5)
        )
        try:
            await backend.complete(question)
        except BackendError:
            assert model == "anthropic/m", "the answer has OpenAI's form"
        await backend.close()
    assert proxy.requests == [] and server.requests


async def test_a_netrc_file_adds_no_login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password netrc-word\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HOME", str(tmp_path))
    login = b"bWU6bmV0cmMtd29yZA"
    for model in ("openai/m", "together_ai/m", "anthropic/m", "databricks/m", "petals/m"):
        with RawServer(lambda _: [response(b"{}", status="401 Unauthorized")]) as server:
            await told(model, server.root)
            assert server.requests and not any(login in asked.raw for asked in server.requests)


def test_the_hub_s_key_stays_with_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub sends downloads to other hosts; they work, and the key is not sent there."""
    pytest.importorskip("huggingface_hub")
    content = b'{"a": 1}'
    commit = "a" * 40

    names = ("config.json", "model.safetensors")

    def store(asked: Asked) -> Iterator[bytes]:
        body = b"" if asked.line.startswith("HEAD") else content
        yield response(body, 'ETag: "e"', length=len(content))

    def answer(asked: Asked) -> Iterator[bytes]:
        if "/tree/" in asked.line:
            files = [{"type": "file", "path": name, "size": 8, "oid": "f" * 40} for name in names]
            yield response(json.dumps(files).encode())
            return
        if "/resolve/" not in asked.line:
            files = [{"rfilename": name, "size": len(content)} for name in names]
            yield response(json.dumps({"id": "a/b", "sha": commit, "siblings": files}).encode())
            return
        size = f"X-Linked-Size: {len(content)}"
        where = f"Location: {cdn.root.replace('127.0.0.1', 'localhost')}/blob"
        head = (where, f"X-Repo-Commit: {commit}", size, 'X-Linked-ETag: "e"')
        yield response(b"", *head, status="302 Found")

    with RawServer(store) as cdn, RawServer(answer) as server:
        code = (
            "from gamegrid.backends.hub import *; model = HubModel('hf_x', 'a/b'); fetch(model);"
            "print(snapshot(model).joinpath('config.json').read_text())"
        )
        settings = {
            "HF_ENDPOINT": server.root,
            "HF_TOKEN": f"hf_{KEY}",
            "HF_HOME": str(tmp_path),
            "HF_HUB_CACHE": str(tmp_path / "hub"),
            "HF_HUB_OFFLINE": "0",
        }
        ran = subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | settings, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
    assert ran.stdout == f"{content.decode()}\n", ran.stderr
    assert any(KEY.encode() in asked.raw for asked in server.requests)
    assert cdn.requests and not any(KEY.encode() in asked.raw for asked in cdn.requests)


@pytest.mark.parametrize("status", STATUSES)
def test_the_check_of_an_address_follows_nothing(status: int) -> None:
    with RawServer(evil) as elsewhere, redirecting(elsewhere, status) as server:
        said = silence(server.root.replace("//", "//me:word1234@") + "/v1?api_key=abcdefgh")
        assert elsewhere.requests == []
    assert said == f"it redirects to another address, status {status}"
    [asked] = server.requests
    assert asked.line == "GET /v1/models HTTP/1.1"
    assert not any(word in asked.raw for word in (b"word1234", b"abcdefgh", b"Authorization"))

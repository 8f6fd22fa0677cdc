"""What a provider states is seen behind the library, which replaces or hides it."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[1]))

from gamegrid.backends import litellm_api
from gamegrid.backends.backend import (
    BackendError,
    Completion,
    FinishReason,
    Message,
    ModelEntry,
    Request,
    Sampling,
    Usage,
)
from loopback import Endpoint, Reply

CUT = "Suppose\nAction: a1\nHmm, that los"
OPENAI_LIKE = (
    "mistral", "deepseek", "zai", "groq", "together_ai", "fireworks_ai", "openrouter", "xai",
    "moonshot", "dashscope", "perplexity", "cerebras", "azure_ai", "nvidia_nim", "deepinfra",
    "sambanova", "minimax", "databricks", "ai21_chat", "volcengine", "snowflake", "huggingface",
)  # fmt: skip
"""Providers whose answers the library takes to be in OpenAI's format."""
DAILY = ("mistral", "deepseek", "zai", "groq", "openrouter", "huggingface")
PROVIDERS = [
    name if name in DAILY else pytest.param(name, marks=pytest.mark.nightly) for name in OPENAI_LIKE
]


@pytest.fixture(autouse=True)
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty working directory, made-up keys, short pauses between attempts."""
    for provider in (*OPENAI_LIKE, "cohere", "cohere_chat", "ollama", "oobabooga", "gemini"):
        monkeypatch.setenv(f"{provider.upper()}_API_KEY", "loopback-key-0000")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(litellm_api, "FIRST_DELAY_S", 0.001)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as running:
        yield running


async def ask(
    endpoint: Endpoint, provider: str, body: Any, *, status: int = 200, path: str = "/v1"
) -> Completion | str:
    """Ask a provider that gives one answer; return the completion or the error's sentence."""
    text = body if isinstance(body, str) else json.dumps(body)
    endpoint.answer = lambda asked: Reply(status=status, body=text.encode())
    name = f"litellm_{provider}/m"
    entry = ModelEntry(name=name, api_base=endpoint.root + path, timeout=30)
    backend = litellm_api.create(entry, Path())
    await backend.open()
    said = (Message("user", "question"),)
    try:
        return await backend.complete(
            Request(model=name, messages=said, sampling=Sampling(max_tokens=20))
        )
    except BackendError as error:
        return str(error)
    finally:
        await backend.close()


def chat(reason: Any = "stop", **more: Any) -> dict[str, Any]:
    """Return an answer in OpenAI's format whose text is cut off."""
    choice = {"index": 0, "message": {"role": "assistant", "content": CUT}, "finish_reason": reason}
    usage = {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14}
    head = {"id": "1", "object": "chat.completion", "created": 1, "model": "m"}
    return head | {"choices": [choice], "usage": usage} | more


REASONS = {
    "stop": FinishReason.STOP,
    "model_length": FinishReason.LENGTH,
    "MAX_TOKENS": FinishReason.LENGTH,
    "sensitive": FinishReason.CONTENT_FILTER,
    "insufficient_system_resource": None,
    "network_error": None,
    "something_new": FinishReason.UNKNOWN,
}


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_reason_that_the_library_does_not_know_is_read(
    endpoint: Endpoint, provider: str
) -> None:
    for reason, wanted in REASONS.items():
        found = await ask(endpoint, provider, chat(reason))
        if wanted is None:
            assert "broke off its answer" in str(found) and "3 attempts" in str(found), reason
        else:
            assert isinstance(found, Completion), found
            assert (found.finish_reason, found.text) == (wanted, CUT)


ERRORS: dict[str, tuple[dict[str, Any], str | FinishReason]] = {
    "spent": ({"error": {"code": 402, "message": "Insufficient credits"}}, "quota is used up"),
    "key": ({"error": {"code": 401, "message": "No auth credentials found"}}, "key was refused"),
    "overflow": (
        {"error": {"code": 400, "message": "maximum context length is 8192 tokens"}},
        FinishReason.CONTEXT_OVERFLOW,
    ),
    "flagged": ({"error": {"code": 403, "message": "Your input was flagged"}},
                FinishReason.CONTENT_FILTER),
    "rate": ({"error": {"code": 429, "message": "slow down"}}, "after 10 refusals in a row."),
    "broken": ({"error": {"code": 502, "message": "Upstream error"}}, "3 of which may have been"),
    "null": (chat() | {"choices": None}, "3 of which may have been billed"),
    "none": (chat() | {"choices": []}, "3 of which may have been billed"),
    "choice": (
        chat() | {"choices": [{"index": 0, "message": {"role": "assistant", "content": ""},
                               "finish_reason": None, "error": {"code": 502, "message": "x"}}]},
        "3 of which may have been billed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_an_error_in_an_answer_is_read_by_its_code(
    endpoint: Endpoint, provider: str, error: str
) -> None:
    body, wanted = ERRORS[error]
    found = await ask(endpoint, provider, body)
    if isinstance(wanted, FinishReason):
        assert isinstance(found, Completion), found
        assert (found.finish_reason, found.text) == (wanted, "")
        assert len(endpoint.requests) == 1
    else:
        assert wanted in str(found)


OLLAMA = {
    "model": "m", "created_at": "2026-01-01T00:00:00Z", "done": True, "prompt_eval_count": 9,
    "eval_count": 20,
}  # fmt: skip
USAGE = {"tokens": {"input_tokens": 9, "output_tokens": 5}, "billed_units": {}}


@pytest.mark.parametrize(
    ("provider", "path", "body", "wanted"),
    [
        ("ollama", "", OLLAMA | {"response": CUT, "done_reason": "length"}, FinishReason.LENGTH),
        ("ollama", "", OLLAMA | {"response": CUT, "done_reason": "stop"}, FinishReason.STOP),
        ("ollama", "", OLLAMA | {"response": "", "done_reason": "load"}, None),
        ("ollama_chat", "", OLLAMA | {"message": {"role": "assistant", "content": CUT},
                                      "done_reason": "length"}, FinishReason.LENGTH),
        ("ollama_chat", "", OLLAMA | {"message": {"role": "assistant", "content": ""},
                                      "done_reason": "unload"}, None),
        ("cohere_chat", "", {"id": "1", "finish_reason": "ERROR_LIMIT", "usage": USAGE, "message": {
            "role": "assistant", "content": [{"type": "text", "text": CUT}]}}, FinishReason.LENGTH),
        ("cohere_chat", "", {"id": "1", "finish_reason": "ERROR", "usage": USAGE, "message": {
            "role": "assistant", "content": [{"type": "text", "text": CUT}]}}, None),
        ("oobabooga", "/v1", chat("model_length"), FinishReason.LENGTH),
    ],
)  # fmt: skip
async def test_a_reason_is_read_in_other_formats(
    endpoint: Endpoint, provider: str, path: str, body: Any, wanted: FinishReason | None
) -> None:
    found = await ask(endpoint, provider, body, path=path)
    if wanted is None:
        assert "broke off its answer" in str(found)
    else:
        assert isinstance(found, Completion), found
        assert found.finish_reason is wanted


BLOCKS = ["SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "MODEL_ARMOR", "JAILBREAK"]


@pytest.mark.parametrize("reason", BLOCKS)
async def test_a_prompt_that_gemini_blocks_is_a_refusal(endpoint: Endpoint, reason: str) -> None:
    counts = {"promptTokenCount": 9, "totalTokenCount": 9}
    body = {"promptFeedback": {"blockReason": reason}, "usageMetadata": counts}
    found = await ask(endpoint, "gemini", body, path="/v1beta")
    assert isinstance(found, Completion), found
    assert (found.finish_reason, found.text) == (FinishReason.CONTENT_FILTER, "")


@pytest.mark.parametrize(
    "reason", ["MODEL_ARMOR", "NEW_REASON_OF_TOMORROW", "UNEXPECTED_TOOL_CALL"]
)
async def test_gemini_s_newer_reasons_are_not_stop(endpoint: Endpoint, reason: str) -> None:
    body = {
        "candidates": [{"finishReason": reason, "content": {"parts": [{"text": CUT}]}}],
        "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 5, "totalTokenCount": 14},
    }
    found = await ask(endpoint, "gemini", body, path="/v1beta")
    if isinstance(found, Completion):
        assert found.finish_reason in (FinishReason.CONTENT_FILTER, FinishReason.UNKNOWN)
    else:
        assert "broke off its answer (UNEXPECTED_TOOL_CALL)" in found


@pytest.mark.parametrize("provider", ["groq", "deepseek", "openrouter", "xai", "mistral"])
async def test_an_answer_that_the_library_cannot_translate_is_not_lost(
    endpoint: Endpoint, provider: str
) -> None:
    """A role, a count or a name of an odd type makes the library fail on a paid reply."""
    odd = [
        chat(usage={"prompt_tokens": "many", "completion_tokens": {"x": 1}, "total_tokens": []}),
        chat(usage={"prompt_tokens": 2**64, "completion_tokens": -5, "total_tokens": 1}),
        chat(model={"name": "x"}, system_fingerprint=["y"], created="yesterday", id=5),
        chat({"type": "stop"}),
        chat(["stop"]),
    ]
    for body in odd:
        found = await ask(endpoint, provider, body)
        assert isinstance(found, Completion), (body, found)
        assert (found.text, found.finish_reason) == (CUT, FinishReason.STOP)
        assert found.usage.prompt_tokens in (None, 9)
        assert found.usage.completion_tokens in (None, 5)
        assert found.model_served is None or isinstance(found.model_served, str)
        assert found.fingerprint is None
        assert found.raw


async def test_an_answer_that_nobody_can_read_is_kept_whole(endpoint: Endpoint) -> None:
    endpoint.answer = lambda asked: Reply(body=b'{"choices": [{"mess')
    entry = ModelEntry(name="litellm_groq/m", api_base=endpoint.api_base, timeout=30)
    backend = litellm_api.create(entry, Path())
    await backend.open()
    said = (Message("user", "question"),)
    with pytest.raises(BackendError) as raised:
        await backend.complete(
            Request(model=entry.name, messages=said, sampling=Sampling(max_tokens=20))
        )
    await backend.close()
    assert {attempt.body for attempt in raised.value.attempts} == {'{"choices": [{"mess'}


async def test_odd_counts_behind_the_library_are_unknown(endpoint: Endpoint) -> None:
    counts = {"prompt_tokens": -1, "completion_tokens": 2**70, "total_tokens": 2**70}
    found = await ask(endpoint, "mistral", chat(usage=counts))
    assert isinstance(found, Completion) and found.usage == Usage()

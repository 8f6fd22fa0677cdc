"""A parameter that a model refuses costs one request, not one for every question."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[1]))

from gamegrid.backends import litellm_api
from gamegrid.backends.backend import (
    Backend,
    BackendError,
    Completion,
    Decode,
    FinishReason,
    Message,
    ModelEntry,
    Request,
    Sampling,
)
from gamegrid.backends.error_bodies import error_of
from gamegrid.backends.error_parameters import limit_beyond_context, refused_parameters
from loopback import Body, Endpoint, Reply

GH = "https://github.com"
NAMES = ("litellm_openai/m", "litellm_hosted_vllm/m", "litellm_groq/m", "litellm_mistral/m")
"""Two models that are asked directly and two through the library."""


@pytest.fixture(autouse=True)
def bare_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty working directory, made-up keys, short pauses between attempts."""
    for names in litellm_api.KEY_VARIABLES.values():
        for name in names:
            monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(litellm_api, "FIRST_DELAY_S", 0.002)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as running:
        yield running


async def ask(
    endpoint: Endpoint, name: str, *samplings: dict[str, Any], decode: Decode = Decode.GENERATE
) -> list[Completion | str]:
    """Ask one question after another; return the completions or the sentences of errors."""
    entry = ModelEntry(name=name, api_base=endpoint.api_base, timeout=5)
    backend: Backend = litellm_api.create(entry, Path())
    await backend.open()
    found: list[Completion | str] = []
    for number, sampling in enumerate(samplings):
        request = Request(
            model=name,
            messages=(Message("user", f"question {number}"),),
            sampling=Sampling(**sampling),
            decode=decode,
            choices=None if decode is Decode.GENERATE else ("a1", "b2"),
        )
        try:
            found.append(await backend.complete(request))
        except BackendError as error:
            found.append(str(error))
    await backend.close()
    return found


def refusing(name: str, message: str, **more: Any) -> Any:
    """Return an answer function that refuses requests with a parameter."""

    def answer(body: Body) -> Reply:
        if name not in body:
            return Reply(text="a1")
        error = {"message": message, "type": "invalid_request_error"} | more
        return Reply(status=400, body=json.dumps({"error": error}).encode())

    return answer


RENAMED = (
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
    "'max_completion_tokens' instead."
)


@pytest.mark.parametrize("more", [{"param": "max_tokens", "code": "unsupported_parameter"}, {}])
@pytest.mark.parametrize("name", NAMES[:2])
async def test_a_renamed_limit_is_sent_under_its_new_name(
    endpoint: Endpoint, name: str, more: dict[str, Any]
) -> None:
    endpoint.answer = refusing("max_tokens", RENAMED, **more)
    found = await ask(endpoint, name, *[{"max_tokens": 20}] * 3)
    assert all(isinstance(each, Completion) and each.text == "a1" for each in found)
    assert [each.get("max_tokens") for each in endpoint.requests] == [20, None, None, None]
    assert [each.get("max_completion_tokens") for each in endpoint.requests] == [None, 20, 20, 20]
    first, second = found[0], found[1]
    assert isinstance(first, Completion) and isinstance(second, Completion)
    own = {"skip_special_tokens": False} if "hosted_vllm" in name else {}
    assert first.sent == second.sent == {"model": "m", "max_completion_tokens": 20} | own
    assert [(each.kind, each.status) for each in first.attempts] == [
        ("unbilled", 400),
        ("answered", None),
    ]
    assert "from now on" in (first.attempts[0].said or "")
    assert second.transport_attempts == 1


SEEDLESS: list[dict[str, Any]] = [
    {"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"], "input": 3,
                 "msg": "Extra inputs are not permitted"}]},
    {"error": {"message": "'seed' must be Integer", "code": "invalid_value"}},
    {"error": {"message": "unknown field `seed`"}},
    {"error": {"message": "Unsupported", "param": "seed"}},
]  # fmt: skip


@pytest.mark.parametrize("body", SEEDLESS, ids=json.dumps)
@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize("name", NAMES[:3])
async def test_a_refused_seed_is_left_out_since_nobody_asked_for_it(
    endpoint: Endpoint, name: str, status: int, body: dict[str, Any]
) -> None:
    endpoint.answer = lambda sent: (
        Reply(status=status, body=json.dumps(body).encode()) if "seed" in sent else Reply(text="a1")
    )
    found = await ask(endpoint, name, {"seed": 5}, {"seed": 6})
    assert all(isinstance(each, Completion) and each.text == "a1" for each in found)
    assert [each.get("seed") for each in endpoint.requests] == [5, None, None]


REFUSED = [
    ("temperature", "Unsupported value: 'temperature' does not support 0.5 with this model. Only "
     "the default (1) value is supported.", {"param": "temperature", "code": "unsupported_value"}),
    ("temperature", "`temperature` is deprecated for this model.", {}),
    ("temperature", "invalid temperature: only 1 is allowed for this model", {}),
    ("top_p", "top_p must be in (0, 1), got 1.0.", {}),
    ("max_tokens", "max_tokens is too large: 50. This model supports at most 16 completion "
     "tokens, whereas you provided 50.", {"param": "max_tokens", "code": "invalid_value"}),
    ("max_tokens", "Param Incorrect", {"param": "max_tokens is too large: 1048576."}),
    ("max_tokens", "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]", {}),
    ("max_tokens", "This model's maximum context length is 40 tokens. However, you requested 58 "
     "tokens (8 in the messages, 50 in the completion).", {"code": "context_length_exceeded"}),
]  # fmt: skip


@pytest.mark.parametrize(("key", "message", "more"), REFUSED)
@pytest.mark.parametrize("name", NAMES)
async def test_a_refused_value_is_asked_for_once(
    endpoint: Endpoint, name: str, key: str, message: str, more: dict[str, Any]
) -> None:
    endpoint.answer = refusing(key, message, **more)
    value = 50 if key == "max_tokens" else 0.5
    found = await ask(endpoint, name, *[{key: value}] * 3, {})
    *refused, answered = found
    assert isinstance(answered, Completion) and answered.text == "a1"
    assert len(endpoint.requests) == 2
    assert len(set(refused)) == 1
    sentence = str(refused[0])
    assert sentence.startswith(f"{name}: the model refuses '{key}': ")
    assert sentence.endswith("Change or remove it on the agent.")


async def test_another_value_and_another_agent_are_still_asked(endpoint: Endpoint) -> None:
    both = "`temperature` and `top_p` cannot both be specified for this model."

    def answer(body: Body) -> Reply:
        if "temperature" in body and "top_p" in body:
            return Reply(status=400, body=json.dumps({"error": {"message": both}}).encode())
        return Reply(text="a1")

    endpoint.answer = answer
    refused = {"temperature": 0.5, "top_p": 0.9}
    found = await ask(endpoint, NAMES[0], refused, refused, {"temperature": 0.5}, {"top_p": 0.9})
    assert [isinstance(each, Completion) for each in found] == [False, False, True, True]
    assert "refuses 'temperature' and 'top_p'" in str(found[0])
    assert len(endpoint.requests) == 3


async def test_a_refused_schema_is_named_as_the_setting_behind_it(endpoint: Endpoint) -> None:
    message = "Invalid parameter: 'response_format' of type 'json_schema' is not supported."
    endpoint.answer = refusing("response_format", message, param="response_format")
    found = await ask(endpoint, NAMES[0], {}, {}, decode=Decode.CONSTRAINED)
    assert len(endpoint.requests) == 1
    assert all("the model refuses 'decode: constrained'" in str(each) for each in found)


async def test_a_refused_key_of_extra_body_is_named(endpoint: Endpoint) -> None:
    for name in (NAMES[0], NAMES[2]):
        endpoint.requests.clear()
        endpoint.answer = refusing("top_k", "Unrecognized request argument supplied: top_k")
        found = await ask(endpoint, name, *[{"extra_body": {"top_k": 5}}] * 2)
        assert len(endpoint.requests) == 1
        assert all("the model refuses 'top_k'" in str(each) for each in found)


async def test_a_question_that_is_refused_for_itself_stops_no_other(endpoint: Endpoint) -> None:
    script = iter([Reply(status=400, body=b'{"error": {"message": "bad prompt"}}')])
    endpoint.answer = lambda body: next(script, Reply(text="a1"))
    found = await ask(endpoint, NAMES[0], *[{"temperature": 0.5}] * 2)
    assert [isinstance(each, Completion) for each in found] == [False, True]


async def test_a_prompt_that_leaves_too_little_room_is_the_model_s_limit(
    endpoint: Endpoint,
) -> None:
    """The same limit fits shorter prompts."""
    message = (
        "'max_tokens' or 'max_completion_tokens' is too large: 50. This model's maximum context "
        "length is 51 tokens and your request has 24 input tokens (50 > 51 - 24)."
    )
    endpoint.answer = refusing("max_tokens", message)
    found = await ask(endpoint, NAMES[0], *[{"max_tokens": 50}] * 2)
    assert len(endpoint.requests) == 2
    for each in found:
        assert isinstance(each, Completion)
        assert each.finish_reason is FinishReason.CONTEXT_OVERFLOW


@pytest.mark.parametrize(
    ("body", "sent", "names"),
    [
        ({"message": "max_output_tokens must be positive"}, {"max_tokens": 5}, ("max_tokens",)),
        ({"message": "the seed is odd"}, {"seed": 5}, ("seed",)),
        ({"message": "seedless"}, {"seed": 5}, ()),
        ({"message": "bad model"}, {"model": "m"}, ()),
        ({"message": "x", "param": "temperature"}, {"temperature": 1, "seed": 5}, ("temperature",)),
        ({"message": "`max_tokens` must exceed `thinking.budget_tokens`"},
         {"max_tokens": 5, "thinking": {"type": "enabled"}}, ("max_tokens", "thinking")),
        ({"message": "top_k"}, {"extra_body": {"top_k": 5}}, ("top_k",)),
        ({}, {"seed": 5}, ()),
    ],
)  # fmt: skip
def test_a_parameter_is_known_by_its_names(
    body: dict[str, Any], sent: dict[str, Any], names: tuple[str, ...]
) -> None:
    assert refused_parameters(error_of({"error": body}), sent) == names


@pytest.mark.parametrize(("limit", "beyond"), [(8191, None), (8192, "max_tokens"), (None, None)])
def test_a_limit_beyond_the_context_fits_no_prompt(limit: int | None, beyond: str | None) -> None:
    error = error_of({"error": "This model's maximum context length is 8192 tokens."})
    assert limit_beyond_context(error, {"max_tokens": limit}) == beyond

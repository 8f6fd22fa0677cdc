"""A request's worst price bounds its cost; an answer without sensible counts costs its worst."""

import json
from dataclasses import replace
from typing import Any

import pytest

from gamegrid.backends.backend import (
    Attempt,
    Completion,
    Decode,
    FinishReason,
    Message,
    Request,
    Sampling,
    Usage,
)
from gamegrid.backends.billing import (
    TOKENS_AROUND,
    bill,
    bound,
    may_be_billed,
    most_usd,
    reply_limit,
    unbilled,
)
from gamegrid.backends.tariff import LongPrice, Price, Tariff

PRICE = Price(input=2.0, output=10.0, cached=0.5)
TARIFF = Tariff(PRICE, most_tokens=1000)


def request(text: str = "Choose.", **sampling: Any) -> dict[str, Any]:
    said = (Message("system", "You play."), Message("user", text))
    return Request(model="litellm_openai/m", messages=said, sampling=Sampling(**sampling)).stated()


def answer(usage: Usage, **more: Any) -> Completion:
    return Completion(
        **{"text": "Action: a", "finish_reason": FinishReason.STOP, **more}, usage=usage
    )


@pytest.mark.parametrize("text", ["a" * 500, "é" * 500, "囲" * 500, "🂡" * 500, "\ud800" * 5, ""])
def test_the_bytes_of_a_prompt_bound_its_tokens(text: str) -> None:
    size = len(text.encode("utf-8", "surrogatepass"))
    prompt = bound(request(text), TARIFF).prompt
    assert TOKENS_AROUND + size < prompt < 2 * TOKENS_AROUND + size


def test_everything_that_becomes_part_of_a_prompt_is_counted() -> None:
    plain = bound(request(), TARIFF).prompt
    options = {"documents": "x" * 300}
    assert bound(request(chat_template_kwargs=options), TARIFF).prompt >= plain + 300
    assert bound(request(extra_body={"documents": "x" * 300}), TARIFF).prompt >= plain + 300
    choices = request() | {"decode": "constrained", "choices": ("x" * 300, "y")}
    assert bound(choices, TARIFF).prompt >= plain + 300


@pytest.mark.parametrize(
    ("sampling", "most"),
    [
        ({"max_tokens": 40}, 40),
        ({}, 1000),
        ({"extra_body": {"max_completion_tokens": 70}}, 70),
        ({"extra_body": {"max_completion_tokens": 70}, "max_tokens": 90}, 90),
        ({"extra_body": {"max_completion_tokens": "70"}}, 1000),
        ({"thinking_budget": 500}, 1500),
        ({"max_tokens": 40, "thinking_budget": 500}, 540),
        ({"max_tokens": 40, "extra_body": {"n": 3}}, 120),
        ({"max_tokens": 40, "extra_body": {"n": 0}}, 40),
    ],
)
def test_a_reply_is_as_long_as_the_request_or_the_model_allows(
    sampling: dict[str, Any], most: int
) -> None:
    assert bound(request(**sampling), TARIFF).reply == most


def test_a_model_without_a_known_limit_has_no_bound() -> None:
    unlimited = Tariff(PRICE)
    assert bound(request(), unlimited).reply is None
    with pytest.raises(ValueError, match="nothing limits the reply"):
        most_usd(bound(request(), unlimited), unlimited)
    assert reply_limit(request()["sampling"], Decode.SCORE, unlimited) == 0


def test_stated_counts_are_the_bill_even_above_the_bound() -> None:
    limits = bound(request(max_tokens=10), TARIFF)
    stated = bill(limits, TARIFF, answer(Usage(prompt_tokens=9000, completion_tokens=5000)))
    assert stated.usd == pytest.approx((9000 * 2 + 5000 * 10) / 1e6) and stated.maybe == 0
    assert stated.usd > most_usd(limits, TARIFF)
    cached = Usage(prompt_tokens=9000, completion_tokens=5000, cached_tokens=9000)
    assert bill(limits, TARIFF, answer(cached)).usd == pytest.approx((4500 + 50000) / 1e6)


@pytest.mark.parametrize(
    "usage",
    [
        Usage(),
        Usage(prompt_tokens=0, completion_tokens=0),
        Usage(prompt_tokens=-5, completion_tokens=-5),
        Usage(prompt_tokens=2**70, completion_tokens=2**70),
        Usage(prompt_tokens=True, completion_tokens=True),
    ],
)
def test_counts_that_are_missing_or_cannot_be_true_cost_the_worst(usage: Usage) -> None:
    limits = bound(request(max_tokens=10), TARIFF)
    found = bill(limits, TARIFF, answer(usage))
    assert found.usd == found.maybe == pytest.approx(most_usd(limits, TARIFF))


def test_one_missing_count_costs_its_worst_and_only_it_is_in_doubt() -> None:
    limits = bound(request(max_tokens=10), TARIFF)
    found = bill(limits, TARIFF, answer(Usage(prompt_tokens=50)))
    assert found.usd == pytest.approx((50 * 2 + 10 * 10) / 1e6)
    assert found.maybe == pytest.approx(10 * 10 / 1e6)
    found = bill(limits, TARIFF, answer(Usage(completion_tokens=4)))
    assert found.usd == pytest.approx((limits.prompt * 2 + 4 * 10) / 1e6)


def test_reasoning_counts_as_output_however_it_is_stated() -> None:
    limits = bound(request(), TARIFF)
    within = Usage(prompt_tokens=50, completion_tokens=400, reasoning_tokens=390)
    beside = Usage(prompt_tokens=50, completion_tokens=10, reasoning_tokens=390)
    total = json.dumps({"usage": {"total_tokens": 450}})
    expected = pytest.approx((50 * 2 + 400 * 10) / 1e6)
    assert bill(limits, TARIFF, answer(within)).usd == expected
    assert bill(limits, TARIFF, answer(beside)).usd == expected
    few = replace(beside, completion_tokens=200, reasoning_tokens=200)
    assert bill(limits, TARIFF, answer(few, raw=total)).usd == expected


def test_an_answer_that_is_an_error_costs_its_prompt_at_most() -> None:
    limits = bound(request(), TARIFF)
    ended = answer(Usage(), text="", raw={"error": "too long"})
    found = bill(limits, TARIFF, ended)
    assert found.usd == found.maybe == pytest.approx(limits.prompt * 2 / 1e6)


def test_a_reply_that_nothing_limited_costs_its_bytes_at_most() -> None:
    unlimited = Tariff(PRICE)
    said = answer(Usage(prompt_tokens=50), text="é" * 100, reasoning="b" * 100)
    found = bill(bound(request(), unlimited), unlimited, said)
    assert found.usd == pytest.approx((50 * 2 + 300 * 10) / 1e6)


def test_tokens_written_to_a_cache_may_cost_more() -> None:
    price = Price(input=2.0, output=10.0, cached=0.2, written=2.5)
    tariff = Tariff(price, 100)
    limits = bound(request(), tariff)
    assert most_usd(limits, tariff) == pytest.approx((limits.prompt * 2.5 + 100 * 10) / 1e6)
    usage = Usage(prompt_tokens=1000, completion_tokens=10)
    raw = {"usage": {"cache_creation_input_tokens": 400}}
    found = bill(limits, tariff, answer(usage, raw=raw))
    assert found.usd == pytest.approx((600 * 2 + 400 * 2.5 + 10 * 10) / 1e6)


def test_long_prompts_may_cost_more() -> None:
    price = Price(input=2.0, output=10.0, cached=0.2, long=LongPrice(1000, 4.0, 15.0))
    assert price.usd(1000, 10) == pytest.approx((1000 * 2 + 10 * 10) / 1e6)
    assert price.usd(1001, 10) == pytest.approx((1001 * 4 + 10 * 15) / 1e6)
    tariff = Tariff(price, 100)
    long = bound(request("a" * 1000), tariff)
    assert most_usd(long, tariff) == pytest.approx((long.prompt * 4 + 100 * 15) / 1e6)


@pytest.mark.parametrize(
    ("kind", "status", "said", "billed"),
    [
        ("maybe_billed", None, "lost", True),
        ("maybe_billed", 200, "unreadable", True),
        ("unbilled", None, "no connection", False),
        ("unbilled", 429, "slow down", False),
        ("unbilled", 408, "", False),
        ("unbilled", 500, "internal error", True),
        ("unbilled", 502, "bad gateway", True),
        ("unbilled", 503, "upstream connect error or disconnect/reset", True),
        ("unbilled", 503, "the model is overloaded", False),
        ("unbilled", 529, "overloaded_error", False),
        ("request", 400, "bad", False),
        ("account", 401, "bad key", False),
    ],
)
def test_an_error_of_a_server_may_come_after_the_work(
    kind: str, status: int | None, said: str, billed: bool
) -> None:
    assert may_be_billed(kind, status, said) is billed
    attempt = Attempt(at="", seconds=0.0, kind=kind, status=status, said=said)
    assert unbilled((attempt,)) is not billed

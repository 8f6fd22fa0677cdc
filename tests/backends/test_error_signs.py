"""Errors of all servers and providers mean what they say, by their codes and words."""

import json
import time

import pytest

from error_samples import ALL, FLAGGED, Sample
from gamegrid.backends.backend import Completion, FinishReason
from gamegrid.backends.error_bodies import StatedError, error_in
from gamegrid.backends.error_signs import Trouble, signs, trouble_of
from gamegrid.backends.faults import (
    Asked,
    Blame,
    Fault,
    Refusal,
    read_error_in_answer,
    read_refusal,
)
from gamegrid.backends.providers import Secrets

NOTHING = Secrets({}, None)
CONSEQUENCES = {
    Trouble.FLAGGED: FinishReason.CONTENT_FILTER,
    Trouble.OVERFLOW: FinishReason.CONTEXT_OVERFLOW,
    Trouble.RATE: Blame.UNBILLED,
    Trouble.BUSY: Blame.UNBILLED,
    Trouble.TOO_LARGE: Blame.REQUEST,
}
"""What trouble comes to; all other kinds end the asking of the model."""


def read(sample: Sample) -> Completion | Fault:
    """Interpret a sample as the transports do."""
    text = sample.body if isinstance(sample.body, str) else json.dumps(sample.body)
    if sample.status != 200:
        return read_refusal(Refusal(sample.status, {}, text), "Check K.", NOTHING)
    error = error_in(sample.body)
    assert error is not None
    return read_error_in_answer(error, text, Asked(NOTHING, "Check K."))


@pytest.mark.parametrize("sample", ALL, ids=str)
def test_an_error_is_read_by_its_codes_and_words(sample: Sample) -> None:
    found = read(sample)
    if sample.trouble is None:
        assert isinstance(found, Fault)
        if sample.status == 200:
            assert found.blame is Blame.MAYBE_BILLED and found.body
        else:
            assert found.blame is (Blame.UNBILLED if sample.status >= 500 else Blame.REQUEST)
        return
    wanted = CONSEQUENCES.get(sample.trouble, Blame.ACCOUNT)
    assert wanted == (found.finish_reason if isinstance(found, Completion) else found.blame), found
    if isinstance(found, Fault) and sample.trouble in (Trouble.RATE, Trouble.BUSY):
        assert found.busy


def test_the_samples_are_many_and_of_all_kinds() -> None:
    assert len(ALL) >= 130
    assert {sample.trouble for sample in ALL} == {*Trouble, None}
    assert all(sample.seen.startswith("https://") for sample in ALL)


@pytest.mark.parametrize("status", [401, 402, 404])
@pytest.mark.parametrize("sample", FLAGGED[:12], ids=str)
def test_words_of_a_filter_do_not_outweigh_a_status_that_says_otherwise(
    sample: Sample, status: int
) -> None:
    found = read(Sample(sample.seen, status, sample.body, sample.trouble))
    assert isinstance(found, Fault) and found.blame is Blame.ACCOUNT


def test_an_error_means_the_same_in_an_answer_as_with_its_status() -> None:
    for sample in ALL:
        if sample.status in (200, 446, 451) or not isinstance(sample.body, dict):
            continue
        inside = {"error": {"code": sample.status, "message": "m", "details": sample.body}}
        error = error_in(inside)
        assert error is not None and error.status == sample.status, sample
        if sample.trouble is not None:
            assert trouble_of(error.status, error) is sample.trouble, sample


def test_a_prompt_that_an_error_repeats_does_not_count() -> None:
    """Validation errors of servers in Python repeat the request."""
    echo = {"messages": [{"content": "violates our content policy; insufficient balance"}]}
    body = {"detail": [{"loc": ["body", "x"], "msg": "Field required", "input": echo}]}
    found = read_refusal(Refusal(422, {}, json.dumps(body)), "", NOTHING)
    assert isinstance(found, Fault) and found.blame is Blame.REQUEST


def test_a_web_page_is_no_error_of_the_model() -> None:
    page = "<!DOCTYPE html><html><title>Content policy</title>violates our content policy"
    found = read_refusal(Refusal(403, {}, page), "", NOTHING)
    assert isinstance(found, Fault) and found.blame is Blame.ACCOUNT
    assert "a web page with the title 'Content policy'" in found.text


def test_plain_text_is_read_like_a_message() -> None:
    found = read_refusal(Refusal(400, {}, "Input is too long for requested model."), "", NOTHING)
    assert isinstance(found, Completion)
    assert found.finish_reason is FinishReason.CONTEXT_OVERFLOW


def test_amazon_names_its_errors_in_a_header() -> None:
    headers = {"x-amzn-errortype": "ThrottlingException:http://internal.amazon.com/"}
    found = read_refusal(Refusal(400, headers, '{"message": "x"}'), "", NOTHING)
    assert isinstance(found, Fault) and found.blame is Blame.UNBILLED


@pytest.mark.parametrize(
    "text",
    ['{"error": ' * 3000 + "1", "[" * 5000, "\x00", '{"error": {"message": {"a": [1, null]}}}'],
    ids=["nested", "deep", "zero", "object"],
)
def test_no_error_is_too_odd_to_read(text: str) -> None:
    found = read_refusal(Refusal(400, {}, text), "", NOTHING)
    assert isinstance(found, Fault) and found.blame is Blame.REQUEST


def test_every_sign_has_a_source_and_codes_in_lower_case() -> None:
    for sign in signs():
        assert sign.sources and all(source.startswith("https://") for source in sign.sources)
        assert all(code == code.casefold() for code in sign.codes), sign
    assert {sign.trouble for sign in signs()} == set(Trouble)


def test_no_sign_takes_long_on_long_texts() -> None:
    """A server decides how long an error is."""
    began = time.process_time()
    for text in ("a" * 4000, "content " * 500, "model " * 600, "(limit exceeded " * 250):
        trouble_of(400, StatedError(message=text, words="\n".join([text] * 20)))
    assert time.process_time() - began < 3

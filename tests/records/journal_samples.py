"""A place, a request and a reply to put in a journal."""

from gamegrid.backends.backend import (
    Attempt,
    Completion,
    FinishReason,
    Message,
    Request,
    Sampling,
    Usage,
)
from gamegrid.luck import Place

PLACE = Place(seed=1, game="kuhn_poker", deal=3, matchup="a--b", seating=0, seat=1)
REQUEST = Request(
    model="hf_x",
    messages=(Message("system", "Be brief."), Message("user", "Choose.")),
    sampling=Sampling(temperature=0.5, seed=11),
)
REPLY = Completion(
    text='{"action": "Bet"}',
    finish_reason=FinishReason.STOP,
    reasoning="thought",
    model_served="x-2",
    usage=Usage(prompt_tokens=10, completion_tokens=3, reasoning_tokens=None, cached_tokens=0),
    latency_s=0.25,
    transport_attempts=2,
    raw={"id": 1, "choices": [{"text": "…"}]},
    fingerprint="fp_1",
    sent={"model": "x", "seed": 11},
    maybe_billed=1,
    attempts=(
        Attempt(at="2026-01-01T00:00:00.000", seconds=2.5, kind="maybe_billed", said="lost"),
        Attempt(at="2026-01-01T00:00:03.000", seconds=0.25, kind="answered"),
    ),
)


def said(text: str, finish: FinishReason = FinishReason.STOP) -> Completion:
    return Completion(text=text, finish_reason=finish)

"""A backend reserves each attempt before it is sent, and tells which ones may have been billed."""

from pathlib import Path

import pytest

from gamegrid.backends import litellm_api
from gamegrid.backends.backend import BackendError, Message, ModelEntry, Request, Sampling
from gamegrid.backends.billing import Metered
from loopback import Endpoint, Fault, Reply, error

REQUEST = Request(
    model="litellm_openai/m", messages=(Message("user", "Choose."),), sampling=Sampling()
)


class Recorder:
    """A fake account that records what it is told; it pays for ``attempts`` attempts."""

    def __init__(self, endpoint: Endpoint, attempts: int = 100) -> None:
        self.told = list[str]()
        self._endpoint = endpoint
        self._attempts = attempts

    async def reserve(self) -> None:
        """Record that an attempt is asked for, and how many requests the server has got."""
        if not self._attempts:
            raise BackendError("no money")
        self._attempts -= 1
        self.told.append(f"reserve after {len(self._endpoint.requests)}")

    def free(self) -> None:
        """Record it."""
        self.told.append("free")

    def lost(self) -> None:
        """Record it."""
        self.told.append("lost")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the pauses between attempts."""
    monkeypatch.setattr(litellm_api, "FIRST_DELAY_S", 0.001)


async def complete(endpoint: Endpoint, tab: Recorder, stop: bool = False) -> None:
    entry = ModelEntry(name="litellm_openai/m", api_base=endpoint.api_base, timeout=2)
    backend = litellm_api.create(entry, Path())
    assert isinstance(backend, Metered)
    await backend.open()
    try:
        if stop:
            backend._limits.turn = _refuse  # type: ignore[attr-defined]
        await backend.complete_on(REQUEST, tab)
    finally:
        await backend.close()


def _refuse(prompt: int, reply: int | None) -> None:
    raise BackendError("the job is ending")


async def test_every_attempt_is_reserved_before_it_is_sent() -> None:
    script = [
        error(429),
        error(500),
        error(503, message="overloaded"),
        Reply(body=b"<html>"),
        Reply(fault=Fault.DROP),
    ]
    with Endpoint(script=script) as endpoint:
        tab = Recorder(endpoint)
        await complete(endpoint, tab)
    outcomes = ["free", "lost", "free", "lost", "lost"]
    expected = [told for n, end in enumerate(outcomes) for told in (f"reserve after {n}", end)]
    assert tab.told == [*expected, "reserve after 5"], "the answered attempt stays open"


async def test_an_attempt_that_cannot_be_paid_for_is_not_sent() -> None:
    with Endpoint(script=[error(500)] * 3) as endpoint:
        tab = Recorder(endpoint, attempts=2)
        with pytest.raises(BackendError, match="no money") as given_up:
            await complete(endpoint, tab)
        assert len(endpoint.requests) == 2
    assert tab.told == ["reserve after 0", "lost", "reserve after 1", "lost"]
    assert len(given_up.value.attempts) == 2


async def test_an_attempt_that_was_reserved_and_not_sent_is_free() -> None:
    with Endpoint() as endpoint:
        tab = Recorder(endpoint)
        with pytest.raises(BackendError, match="the job is ending"):
            await complete(endpoint, tab, stop=True)
        assert not endpoint.requests
    assert tab.told == ["reserve after 0", "free"]

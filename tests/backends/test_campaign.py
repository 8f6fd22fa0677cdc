"""Calls to providers that fail a quarter of the time, through the whole play loop."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

sys.path.append(str(Path(__file__).parents[1]))

from audit import Filed, Row, check_decisions, check_sales, episodes, journal, timeless
from faulty import Campaign, Entry, Fault, Provider, Slip, serving
from gamegrid.backends import litellm_api
from gamegrid.backends.backend import Message, ModelEntry, Request, Sampling
from gamegrid.errors import UserError
from gamegrid.jobs.complete import confirm
from gamegrid.play.chunk import Job, play_chunk
from provider_forms import Question

FAULTS = ("--rate", "0.25")
IN_FLIGHT = 16
TIMEOUT_S = 2.0
"""This is what a hang costs; an answer takes far less."""
PATHS = {"anthropic": "", "gemini": "/v1beta"}
"""The path that a provider's api_base ends in; it is /v1 for a provider not listed here."""


@pytest.fixture(autouse=True)
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove keys from the environment, and shorten the pauses between attempts fiftyfold."""
    for names in litellm_api.KEY_VARIABLES.values():
        for name in names:
            monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(litellm_api, "FIRST_DELAY_S", litellm_api.FIRST_DELAY_S / 50)


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    """Make the first call of each kind, in which the library takes seconds to load its parts."""
    asyncio.run(_warm())


async def _warm() -> None:
    names = ("openai/m", "hosted_vllm/m", "anthropic/m", "gemini/m")
    with serving(lambda question, attempt: (Fault.NONE, Slip.NONE)) as server:
        for name in names:
            api_base = server.root + PATHS.get(name.partition("/")[0], "/v1")
            entry = ModelEntry(name=f"litellm_{name}", api_base=api_base)
            backend = litellm_api.create(entry, Path())
            await backend.open()
            said = (Message("user", "Hello"),)
            asked = Request(model=entry.name, messages=said, sampling=Sampling(max_tokens=9))
            await backend.complete(asked)
            await backend.close()


class Grid:
    """One chunk of tic_tac_toe between two hosted models, in a separate folder."""

    def __init__(
        self, folder: Path, models: tuple[str, str], deals: int, patch: pytest.MonkeyPatch
    ) -> None:
        self.folder = folder
        self.results = folder / "results"
        self._models = models
        self._deals = deals
        self._patch = patch
        folder.mkdir()

    def play(self, root: str) -> None:
        """Play the chunk as its job does, asking the provider at ``root``."""
        entries = [
            {
                "name": name,
                "api_base": root + PATHS.get(litellm_api.split_name(name)[0], "/v1"),
                "timeout": TIMEOUT_S,
                "max_connections": IN_FLIGHT,
            }
            for name in sorted(set(self._models))
        ]
        (self.folder / "models.yaml").write_text(yaml.safe_dump({"models": entries}))
        self._patch.chdir(self.folder)
        play_chunk(
            Job(
                config=self._config(),
                game="tic_tac_toe",
                matchup="one--two",
                block=f"00000-{self._deals - 1:05}",
                results=Path("results"),
                output=self._chunk(),
                threads=1,
            )
        )

    def _config(self) -> dict[str, Any]:
        agents = {
            name: {"type": "llm", "model": model, "max_tokens": 200}
            for name, model in zip(("one", "two"), self._models, strict=True)
        }
        return {
            "seed": 5,
            "deals": self._deals,
            "chunk": self._deals,
            "games": ["tic_tac_toe"],
            "models": ["models.yaml"],
            "agents": agents,
        }

    def _chunk(self) -> Path:
        return self.results / f"chunks/tic_tac_toe/one--two/00000-{self._deals - 1:05}.parquet"

    def confirm(self) -> None:
        """Judge the chunk as the rule confirm_complete does."""
        confirm([self._chunk()], self.results / "complete.txt")

    @property
    def complete(self) -> bool:
        """Whether confirm_complete found the run complete."""
        return (self.results / "complete.txt").exists()

    @property
    def episodes(self) -> list[Row]:
        return episodes([self._chunk()])

    @property
    def journal(self) -> list[Filed]:
        return journal(self.results)


def check_verdict(grid: Grid) -> list[Row]:
    """Check that each episode is complete or an error with a cause, and that the verdict agrees."""
    played = grid.episodes
    unfinished = [episode for episode in played if episode["status"] == "error"]
    assert {episode["status"] for episode in played} <= {"complete", "error"}
    assert all((episode["error"] is None) != (episode in unfinished) for episode in played)
    if not unfinished:
        grid.confirm()
        assert grid.complete
        return played
    with pytest.raises(UserError, match=rf"^{len(unfinished)} episode"):
        grid.confirm()
    assert not grid.complete
    return played


def test_a_campaign_is_the_same_again() -> None:
    asked = [Question("m", (("user", str(n)),), n) for n in range(2000)]
    one, same, other = (Campaign(seed=seed, rate=0.25, slips=0.1) for seed in (1, 1, 2))
    drawn = [one(question, attempt) for question in asked for attempt in (0, 1)]
    assert drawn == [same(question, attempt) for question in asked for attempt in (0, 1)]
    assert drawn != [other(question, attempt) for question in asked for attempt in (0, 1)]
    # 0.035 is five standard deviations of the share of faults in 4,000 draws at 0.25.
    assert abs(sum(fault is not Fault.NONE for fault, _ in drawn) / 4000 - 0.25) < 0.035
    # The slip depends on the question, not on the attempt.
    assert [slip for _, slip in drawn[::2]] == [slip for _, slip in drawn[1::2]]


def questions(entries: list[Entry]) -> set[str]:
    return {entry.question for entry in entries}


def delivered(entries: list[Entry]) -> set[str]:
    return {entry.question for entry in entries if entry.delivered}


@pytest.mark.parametrize(
    ("deals", "calls", "seed"),
    [(30, 450, "11"), pytest.param(120, 2000, "5", marks=pytest.mark.nightly)],
)
def test_a_campaign_at_a_quarter_faults_loses_nothing_and_buys_nothing_twice(
    deals: int, calls: int, seed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = ("litellm_openai/one", "litellm_hosted_vllm/two")
    slips = ("--slips", "0.3", "--seed", seed)
    grid = Grid(tmp_path / "disturbed", models, deals, monkeypatch)
    with Provider(tmp_path / "faulty.jsonl", *slips, *FAULTS) as provider:
        grid.play(provider.root)
        first = provider.entries()
    assert len(first) > calls
    kinds = {entry.fault for entry in first}
    assert len(kinds) > 20 and {entry.slip for entry in first} == set(Slip)
    assert 0.2 < sum(entry.fault is not Fault.NONE for entry in first) / len(first) < 0.3
    check_sales(first, grid.journal)
    played = check_verdict(grid)
    assert any(episode["status"] == "error" for episode in played)
    statuses = check_decisions(played, grid.journal, first)
    assert set(statuses) == {"ok", "rethought", "fallback"}

    # Without faults, a second run buys the rest and nothing else.
    with Provider(tmp_path / "healthy.jsonl", *slips) as provider:
        grid.play(provider.root)
        second = provider.entries()
    assert not questions(second) & delivered(first)
    check_sales(second, [line for line in grid.journal if line.question in questions(second)])
    assert {episode["status"] for episode in check_verdict(grid)} == {"complete"}
    check_decisions(grid.episodes, grid.journal, first + second)

    undisturbed = Grid(tmp_path / "undisturbed", models, deals, monkeypatch)
    with Provider(tmp_path / "undisturbed.jsonl", *slips) as provider:
        undisturbed.play(provider.root)
        bought = provider.entries()
    assert timeless(grid.episodes) == timeless(undisturbed.episodes)
    assert delivered(bought) <= delivered(first + second)


def test_providers_that_the_library_translates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anthropic takes no seed, so one question may stand for several turns of the grid."""
    models = ("litellm_anthropic/claude-sonnet-4-5", "litellm_gemini/gemini-2.5-flash")
    grid = Grid(tmp_path / "disturbed", models, 10, monkeypatch)
    with Provider(tmp_path / "faulty.jsonl", "--seed", "5", *FAULTS) as provider:
        grid.play(provider.root)
        first = provider.entries()
    filed = grid.journal
    assert len(filed) == sum(entry.delivered for entry in first)
    assert delivered(first) == {line.question for line in filed}
    check_verdict(grid)
    with Provider(tmp_path / "healthy.jsonl", "--seed", "5") as provider:
        grid.play(provider.root)
        second = provider.entries()
    assert {episode["status"] for episode in check_verdict(grid)} == {"complete"}
    assert len(grid.journal) - len(filed) == len(second)
    check_decisions(grid.episodes, grid.journal, first + second)

    undisturbed = Grid(tmp_path / "undisturbed", models, 10, monkeypatch)
    with Provider(tmp_path / "undisturbed.jsonl", "--seed", "5") as provider:
        undisturbed.play(provider.root)
    assert timeless(grid.episodes) == timeless(undisturbed.episodes)


@pytest.mark.faults
def test_a_gateway_behind_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library replaces finish reasons and hides errors of answers in OpenAI's format."""
    monkeypatch.setenv("OPENROUTER_API_KEY", "loopback-key-0000")
    models = ("litellm_openrouter/one", "litellm_openrouter/two")
    grid = Grid(tmp_path / "disturbed", models, 4, monkeypatch)
    slips = ("--slips", "0.4", "--seed", "3")
    with Provider(tmp_path / "faulty.jsonl", *slips, *FAULTS) as provider:
        grid.play(provider.root)
        first = provider.entries()
    assert len({entry.slip for entry in first}) > 10
    check_sales(first, grid.journal)
    check_decisions(check_verdict(grid), grid.journal, first)
    with Provider(tmp_path / "healthy.jsonl", *slips) as provider:
        grid.play(provider.root)
        second = provider.entries()
    assert not questions(second) & delivered(first)
    assert {episode["status"] for episode in check_verdict(grid)} == {"complete"}
    check_decisions(grid.episodes, grid.journal, first + second)


@pytest.mark.parametrize("fault", [Fault.BAD_KEY, Fault.NO_MODEL, Fault.NO_QUOTA], ids=str)
def test_a_hopeless_account_ends_a_run_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    """Requests in flight may still be refused; nothing is asked after that."""
    grid = Grid(tmp_path / "run", ("litellm_openai/one",) * 2, 10, monkeypatch)

    def decide(question: Question, attempt: int) -> tuple[Fault, Slip]:
        good = len(server.ledger.entries) < 30
        return (Fault.NONE if good else fault), Slip.NONE

    with serving(decide) as server:
        grid.play(server.root)
        sold = list(server.ledger.entries)
    assert 30 < len(sold) <= 30 + IN_FLIGHT
    assert len(grid.journal) == 30
    check_sales(sold, grid.journal)
    check_verdict(grid)
    with serving(lambda question, attempt: (Fault.NONE, Slip.NONE)) as server:
        grid.play(server.root)
        assert not questions(list(server.ledger.entries)) & delivered(sold)
    assert {episode["status"] for episode in check_verdict(grid)} == {"complete"}

"""The bill stays within the budget, whatever providers answer and whenever jobs are killed."""

import multiprocessing
import os
import time
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random
from typing import Any

import pytest

from billing_server import Bill
from gamegrid.backends.tariff import Price
from gamegrid.plan import plan
from gamegrid.play.chunk import Job, play_chunk
from gamegrid.records.spending import spending
from loopback import Endpoint

PRICE = Price(input=20.0, output=1000.0)
LONGEST = 400
"""The model's limit on a reply, in tokens. No agent sets ``max_tokens``."""
BOTS = ("one", "two", "three", "four", "five", "six")


def config(endpoint: Endpoint, folder: Path, bots: int, **more: Any) -> dict[str, Any]:
    (folder / "models.yaml").write_text(
        f"models:\n  - {{name: litellm_openai/m, api_base: '{endpoint.api_base}', timeout: 5, "
        f"input_price: {PRICE.input}, output_price: {PRICE.output}, "
        f"max_output_tokens: {LONGEST}}}\n"
    )
    names = BOTS[:bots]
    return {
        "games": ["kuhn_poker"],
        "deals": 8,
        "models": [str(folder / "models.yaml")],
        "agents": {
            "m": {"type": "llm", "model": "litellm_openai/m"},
            **{name: {"type": "preference", "prefer": [name]} for name in names},
        },
        "schedule": {"each": ["m"], "against": list(names)},
        **more,
    }


def jobs(raw: dict[str, Any], folder: Path) -> list[Job]:
    return [
        Job(
            config=raw, game=game, matchup=matchup, block=block, results=folder / "results",
            threads=1, output=folder / "results/chunks" / f"{chunk.path}.parquet",
        )
        for chunk in plan.make(raw, folder).chunks
        for game, matchup, block in [chunk.path.split("/")]
    ]  # fmt: skip


def play(job: Job) -> None:
    """Play a job in a process of its own, with short pauses between attempts."""
    from gamegrid.backends import litellm_api
    from gamegrid.play import budget, till

    litellm_api.FIRST_DELAY_S, budget.PAUSE_S, till.RECOUNT_S = 0.001, 0.01, 0.1
    os.chdir(job.results.parent)
    play_chunk(job)


def start(found: list[Job]) -> list[ForkServerProcess]:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["gamegrid.play.chunk", "aiohttp", "duckdb"])
    started = [context.Process(target=play, args=(job,), daemon=True) for job in found]
    for process in started:
        process.start()
    return started


def finish(processes: list[ForkServerProcess]) -> None:
    for process in processes:
        process.join(60)
        assert not process.is_alive()


@pytest.mark.parametrize("limit", [0.01, 0.43, 5.0, 12.0])
def test_three_jobs_stay_within_a_limit_whatever_the_provider_answers(
    limit: float, tmp_path: Path
) -> None:
    bill = Bill(PRICE, LONGEST, rate=0.4)
    with Endpoint(answer=bill) as endpoint:
        processes = start(jobs(config(endpoint, tmp_path, 3, budget_usd=limit), tmp_path))
        finish(processes)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert bill.usd <= limit
    said = spending(tmp_path / "results")
    assert said is not None and said.in_flight == 0
    assert bill.usd <= said.billed + said.maybe + 1e-6
    assert said.billed + said.maybe <= limit + 1e-6
    if limit < 0.43:  # less than one request can cost
        assert bill.met.total() == 0
    if limit > 1:
        assert bill.usd > limit / 10


@pytest.mark.parametrize(
    ("number", "kills", "limit", "deals"),
    [(3, 6, 8.0, 8), pytest.param(6, 30, 150.0, 60, marks=pytest.mark.nightly)],
)
def test_kills_at_any_moment_leave_the_bill_within_the_limit(
    number: int, kills: int, limit: float, deals: int, tmp_path: Path
) -> None:
    bill, luck = Bill(PRICE, LONGEST, rate=0.2, slow_s=0.05 * number), Random(4)
    with Endpoint(answer=bill) as endpoint:
        raw = config(endpoint, tmp_path, number, budget_usd=limit, deals=deals, chunk=deals)
        found = jobs(raw, tmp_path)
        for _ in range(kills):
            processes = start(found)
            time.sleep(luck.uniform(0.2, 0.2 * number))
            for process in luck.sample(processes, luck.randint(1, number)):
                process.kill()
            for process in processes:
                if process.is_alive():
                    process.terminate()
            finish(processes)
            assert bill.usd <= limit
        finish(start(found))
    said = spending(tmp_path / "results")
    assert said is not None
    print(f"{limit:g}: billed {bill.usd:.3f}, counted {said.billed:.3f} + {said.maybe:.3f}")
    assert limit / 10 < bill.usd <= said.billed + said.maybe + 1e-6 <= limit + 2e-6

"""A whole grid under a budget: six jobs at once, a provider in trouble, and kills at any moment."""

import subprocess
import time
from functools import partial
from pathlib import Path
from random import Random

import pytest

from billing_server import Bill
from gamegrid.backends.tariff import Price
from gamegrid.records.spending import Spending, spending
from loopback import Endpoint
from processes import jobs_in, kill, start, until, working_in
from workflow_runs import Grid, snakemake, write_grid

PRICE = Price(input=20.0, output=1000.0)
LONGEST = 400
"""The model's limit on a reply, in tokens. No agent sets ``max_tokens``."""
BOTS = ("one", "two", "three", "four", "five", "six")
JOBS = 6


def grid(endpoint: Endpoint, folder: Path, limit: float, deals: int) -> Grid:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "models.yaml").write_text(
        f"models:\n  - {{name: litellm_openai/m, api_base: '{endpoint.api_base}', timeout: 5, "
        f"max_connections: 12, "
        f"input_price: {PRICE.input}, output_price: {PRICE.output}, "
        f"max_output_tokens: {LONGEST}}}\n"
    )
    return {
        "games": ["kuhn_poker"],
        "deals": deals,
        "chunk": deals,
        "budget_usd": limit,
        "models": ["models.yaml"],
        "agents": {
            "m": {"type": "llm", "model": "litellm_openai/m"},
            **{name: {"type": "preference", "prefer": [name]} for name in BOTS},
        },
        "schedule": {"each": ["m"], "against": list(BOTS)},
    }


def counted(folder: Path) -> Spending:
    found = spending(folder / "results")
    assert found is not None
    return found


def check(bill: Bill, folder: Path, limit: float) -> None:
    """The bill is within what is counted, and that is within the limit."""
    said = counted(folder)
    print(f"limit {limit:g}: billed {bill.usd:.3f}, counted {said.billed:.3f} + {said.maybe:.3f}")
    assert bill.usd <= said.billed + said.maybe + said.in_flight + 1e-6
    assert said.billed + said.maybe <= limit + 1e-6


@pytest.mark.faults
@pytest.mark.parametrize("limit", [0.001, 0.4, 0.9, 5.0, 20.0, 60.0])
def test_six_jobs_bill_no_more_than_the_limit(limit: float, tmp_path: Path) -> None:
    bill = Bill(PRICE, LONGEST, rate=0.4)
    with Endpoint(answer=bill) as endpoint:
        run = snakemake(tmp_path, grid(endpoint, tmp_path, limit, 12), "--cores", str(JOBS))
        assert run.code == 1, run.output
        assert "Raise budget_usd" in run.output
    check(bill, tmp_path, limit)
    if limit < 0.4:
        assert bill.met.total() == 0


def _is_at_work(run: subprocess.Popen[str], folder: Path) -> bool:
    """Return whether a job of the run is at work, or the run is over."""
    return bool(jobs_in(folder)) or run.poll() is not None


@pytest.mark.faults
@pytest.mark.parametrize(("limit", "kills"), [(15.0, 10), (150.0, 30)])
def test_kills_of_whole_runs_and_of_jobs_stay_within_the_limit(
    limit: float, kills: int, tmp_path: Path
) -> None:
    bill, luck = Bill(PRICE, LONGEST, rate=0.15, slow_s=1.0), Random(7)
    in_flight = 0
    with Endpoint(answer=bill) as endpoint:
        write_grid(tmp_path, grid(endpoint, tmp_path, limit, 40))
        for number in range(kills):
            run = start(tmp_path, "--cores", str(JOBS), "--rerun-incomplete", "--nolock")
            assert until(partial(_is_at_work, run, tmp_path))
            time.sleep(luck.uniform(1, 5))
            jobs, in_flight = jobs_in(tmp_path), in_flight + bool(endpoint.in_flight)
            if jobs and number % 2:
                kill(*luck.sample(jobs, luck.randint(1, len(jobs))))
            else:
                kill(*working_in(tmp_path))
            run.communicate()
            assert until(lambda: not working_in(tmp_path))
            assert bill.usd <= limit
        last = start(tmp_path, "--cores", str(JOBS), "--rerun-incomplete", "--nolock")
        said, _ = last.communicate()
    assert last.returncode in (0, 1), said
    check(bill, tmp_path, limit)
    print(f"{in_flight} of {kills} kills with requests in flight, {bill.met.total()} requests")
    assert bill.usd > limit / 10
    assert in_flight > kills / 5

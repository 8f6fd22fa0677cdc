"""Benchmarks for hosted models: the play loop against bare clients, at one local endpoint."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

from bench.measure import ROOT, Figure, Sample, alternate, environment, ratio, worker

IN_FLIGHT = 256
SLOW_IN_FLIGHT = 64
DELAY_S = 0.1
MODEL_DELAY_S = 1.0
"""A realistic delay of a hosted model for a short answer, instead of 100 ms."""
CALLS_PER_DEAL = 11.6
"""Random tic_tac_toe after two opening plies: 5.8 calls per episode, in two seatings."""
LIBRARY_CALLS = 4000
"""Enough calls that the library's imports during the first one hardly count."""
MEMORY_CALLS = 20_000
USER_DEALS = 600
FEW_DEALS = 60
"""Two sizes of a run of one model against itself, whose difference is the cost of further calls."""
USER_CALLS = 3450
"""About the calls of the larger one."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A running endpoint."""

    port: int

    @property
    def url(self) -> str:
        """The ``api_base`` of the endpoint."""
        return f"http://127.0.0.1:{self.port}/v1"

    def stats(self, bound: int = IN_FLIGHT) -> Sample:
        """Return the endpoint's statistics since the previous call."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/stats?bound={bound}") as found:
            sample: Sample = json.load(found)
        return sample


@contextmanager
def endpoint(delay_s: float) -> Iterator[Endpoint]:
    """Run an endpoint in a separate process."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench.endpoint", "--delay", str(delay_s)],
        cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        try:
            yield Endpoint(int(process.stdout.readline()))
        finally:
            process.kill()


def figures(runs: int) -> Iterator[Figure]:
    """Run all measurements, one after the other."""
    with endpoint(DELAY_S) as server:
        yield from direct(server, runs)
        yield from as_user(server, runs)
        yield library(server, runs)
        yield slow_bot(server, runs)
    with endpoint(MODEL_DELAY_S) as server:
        yield in_flight(server, runs)
    with endpoint(0.0) as server:
        yield memory(server, runs)


def played(server: Endpoint, model: str, calls: int, in_flight: int, *more: object) -> Sample:
    """Play real games against the endpoint; ``rate`` uses the endpoint's clock."""
    server.stats()
    entry = json.dumps({"api_base": server.url, "max_connections": in_flight})
    deals = round(calls / CALLS_PER_DEAL)
    sample = worker("play", "--model", model, "--entry", entry, "--deals", deals, *more)
    return _with_rate(sample, server.stats(in_flight))


def bare(server: Endpoint, library: str, calls: int) -> Sample:
    """Make the same requests with a bare client."""
    server.stats()
    sample = worker("client", library, server.url, calls, IN_FLIGHT)
    return _with_rate(sample, server.stats(IN_FLIGHT))


def _with_rate(sample: Sample, seen: Sample) -> Sample:
    assert seen["seconds"], "nothing was asked"
    return {
        **sample,
        "rate": seen["calls"] / seen["seconds"],
        "in_flight": seen["in_flight"],
        "cpu_ms_per_call": 1000 * sample["cpu_s"] / seen["calls"],
    }


def direct(server: Endpoint, runs: int) -> Iterator[Figure]:
    """Measure servers with OpenAI's interface."""
    samples = alternate(
        runs,
        {
            "play": lambda: played(server, "litellm_openai/bench", 7000, IN_FLIGHT),
            "bare": lambda: bare(server, "aiohttp", 7000),
        },
    )
    yield Figure(
        name="direct: calls/s of the play loop / bare aiohttp",
        baseline=f"aiohttp, {IN_FLIGHT} in flight at an endpoint that takes {DELAY_S:g} s",
        wanted=0.5,
        measured=ratio(samples, "rate", "play", "bare"),
        runs=samples,
    )


def as_user(server: Endpoint, runs: int) -> Iterator[Figure]:
    """Measure whole runs with Snakemake, from outside."""

    def run(deals: int) -> Sample:
        server.stats()
        return _with_rate(worker("user_run", server.url, deals, IN_FLIGHT), server.stats())

    samples = alternate(
        runs,
        {
            "run": lambda: run(USER_DEALS),
            "bare": lambda: bare(server, "aiohttp", USER_CALLS),
            "few": lambda: run(FEW_DEALS),
        },
    )
    size = f"{USER_DEALS} deals of tic_tac_toe, one model against itself, {IN_FLIGHT} in flight"
    yield Figure(
        name="a run: calls/s / bare aiohttp",
        baseline=f"aiohttp, {IN_FLIGHT} in flight at an endpoint that takes {DELAY_S:g} s",
        wanted=0.6,
        measured=ratio(samples, "rate", "run", "bare"),
        runs=samples,
    )
    yield Figure(
        name="a run: CPU ms of the job per call, with its start",
        baseline=size,
        wanted=0.9,
        at_most=True,
        measured=median(each["run"]["cpu_ms_per_call"] for each in samples),
    )
    yield Figure(
        name="a run: CPU ms of the job per further call",
        baseline=f"the same with {FEW_DEALS} deals",
        wanted=0.45,
        at_most=True,
        measured=median(_further_ms(each["run"], each["few"]) for each in samples),
    )
    yield Figure(
        name="a run: calls in the last full second / in the first",
        baseline="full: at least as many episodes are left as requests may be in flight",
        wanted=1.0,
        measured=median(
            each["run"]["last_second"] / each["run"]["first_second"] for each in samples
        ),
    )


def _ratio_within(runs: list[dict[str, Sample]], side: str, over: str, under: str) -> float:
    return median(run[side][over] / run[side][under] for run in runs)


def _further_ms(run: Sample, few: Sample) -> float:
    milliseconds: float = 1000 * (run["cpu_s"] - few["cpu_s"]) / (run["calls"] - few["calls"])
    return milliseconds


def library(server: Endpoint, runs: int) -> Figure:
    """Measure providers that are called through LiteLLM."""
    samples = alternate(
        runs,
        {
            "play": lambda: played(server, "litellm_together_ai/bench", LIBRARY_CALLS, IN_FLIGHT),
            "bare": lambda: bare(server, "litellm", LIBRARY_CALLS),
        },
    )
    return Figure(
        name="litellm: calls/s of the play loop / bare acompletion",
        baseline=f"litellm.acompletion, {IN_FLIGHT} in flight, {DELAY_S:g} s per answer",
        wanted=0.8,
        measured=ratio(samples, "rate", "play", "bare"),
        runs=samples,
    )


def in_flight(server: Endpoint, runs: int) -> Figure:
    """Measure how many requests the server sees in flight while enough episodes are left."""
    samples = alternate(
        runs, {"play": lambda: played(server, "litellm_openai/bench", 4000, IN_FLIGHT)}
    )
    return Figure(
        name="direct: mean in flight / bound, until the tail",
        baseline=f"max_connections: {IN_FLIGHT}, {MODEL_DELAY_S:g} s per answer, by the server",
        wanted=0.9,
        measured=median(run["play"]["in_flight"] / IN_FLIGHT for run in samples),
        runs=samples,
    )


def slow_bot(server: Endpoint, runs: int) -> Figure:
    """Measure a bot that thinks 50 ms per move, with as many threads as requests in flight."""

    def side(thinks: bool) -> Sample:
        against = json.dumps({"type": "slow", "thinks": thinks})
        more = ("--against", against, "--threads", SLOW_IN_FLIGHT)
        return played(server, "litellm_openai/bench", 6000, SLOW_IN_FLIGHT, *more)

    samples = alternate(runs, {"slow": lambda: side(True), "quick": lambda: side(False)})
    return Figure(
        name="a bot of 50 ms per move: calls/s / with a quick bot",
        baseline=f"the same games against a bot that answers at once, {SLOW_IN_FLIGHT} in flight",
        wanted=0.9,
        measured=ratio(samples, "rate", "slow", "quick"),
        runs=samples,
    )


def memory(server: Endpoint, runs: int) -> Figure:
    """Measure resident memory over one long job; the chunk file follows the last call."""
    calls = MEMORY_CALLS if runs > 1 else MEMORY_CALLS // 10
    samples = alternate(1, {"play": lambda: played(server, "litellm_openai/bench", calls, 64)})
    sample = samples[0]["play"]
    return Figure(
        name=f"resident memory after {calls} calls / after a quarter",
        baseline="the same job after a quarter of its calls",
        wanted=1.5,
        at_most=True,
        measured=sample["rss_calls"] / sample["rss_quarter"],
        runs=samples,
    )

"""How often intervals and tests err where the truth is known: the tests' cases, at full size.

As a module of its own it takes the share of the full size to simulate, and prints one line of JSON:
a list of cases, each with the question it belongs to and what was found.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from scipy import stats

from bench.measure import ROOT, Sample

sys.path.append(str(ROOT / "tests/stats"))

import stats_coverage as simulated

SHARES, FLIPS, LOOKS, FITS = 20_000, 1000, 500, 200
"""Samples of a case of each question."""
SEQUENCE = 200
"""Deals of a sequence that is looked at ten times."""


@dataclass(frozen=True)
class Job:
    """One case of a question."""

    question: str
    name: str
    work: Callable[..., Sample]
    arguments: tuple[Any, ...]

    def __call__(self) -> Sample:
        """Simulate it."""
        return {"question": self.question, "case": self.name, **self.work(*self.arguments)}


def main(part: float) -> list[Sample]:
    """Simulate all of them, on as many cores as there are."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(Job.__call__, jobs(part)))


def jobs(part: float) -> Iterator[Job]:
    """All cases, ``part`` of the full samples each."""
    for schedule in simulated.SCHEDULES:
        yield Job("fits", schedule.name, fits, (schedule, int(FITS * part)))
    for bots, share in product(simulated.LADDERS, simulated.BETWEEN):
        name = f"{share:.0%} of the way up {', '.join(map(str, bots))}"
        yield Job("ladders", name, ladders, (bots, share, int(FITS * part)))
    for deals in simulated.DEALS:
        yield Job("flips", f"{deals} deals", flips, (deals, int(FLIPS * part)))
    for case, luck in product(simulated.CASES, simulated.CORRELATIONS):
        yield Job("looks", f"{case.name}, luck {luck}", looks, (case, luck, int(LOOKS * part)))
    for deals, case, luck in product(simulated.DEALS, simulated.CASES, simulated.CORRELATIONS):
        name = f"{deals} deals, {case.name}, luck {luck}"
        yield Job("shares", name, shares, (case, luck, deals, int(SHARES * part)))


def shares(case: simulated.Case, luck: float, deals: int, samples: int) -> Sample:
    """How often a share's interval covers; beside it Wilson's, episodes taken as independent."""
    ours, naive = (
        coverage(case, luck, deals, samples, 1)
        for coverage in (simulated.share_coverage, simulated.naive_coverage)
    )
    return {"deals": deals, "samples": samples, "ours": ours, "naive": naive}


def flips(deals: int, samples: int) -> Sample:
    """How often equals are told apart, and how likely p is as uniform as it was."""
    found = simulated.null_p(deals, samples, 2)
    uniform = float(stats.kstest(found, "uniform").pvalue)
    return {"deals": deals, "samples": samples, "false": float((found <= 0.05).mean()),
            "uniform_p": uniform}  # fmt: skip


def looks(case: simulated.Case, luck: float, samples: int) -> Sample:
    """How often any of ten looks misses."""
    missed = simulated.anytime_misses(case, luck, SEQUENCE, samples, 3)
    return {"samples": samples, "false": missed}


def fits(schedule: simulated.Schedule, samples: int) -> Sample:
    """How often the intervals of ratings and of moving first cover, and equals are told apart."""
    found = simulated.rating_errors(schedule, samples, 4)
    return {"samples": samples, "ratings": found.ratings, "first_mover": found.first_mover,
            "false": found.false_claims, "without": found.without}  # fmt: skip


def ladders(bots: tuple[float, ...], share: float, samples: int) -> Sample:
    """How often an agent's anchored rating, and its place between bots of a ladder, cover."""
    strengths, place = np.array(bots, dtype=np.float64), share * (len(bots) - 1)
    agent = np.interp(place, range(len(bots)), strengths)
    anchored = simulated.anchored_errors(np.append(strengths, agent), 20, samples, 5)
    return {"samples": samples, "anchored": anchored,
            "placed": simulated.rung_errors(strengths, place, 20, samples, 6)}  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(main(float(sys.argv[1]))))

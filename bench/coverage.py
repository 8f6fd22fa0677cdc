"""How often intervals and tests err where the truth is known: the tests' cases at full size.

Run as a module it takes the fraction of the full size to simulate. It prints one line of JSON: a
list of cases, each with its question and its error rates.
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

from bench.measure import ROOT, Sample

sys.path += [str(ROOT / "tests/stats"), str(ROOT / "tests/store")]

import anytime_coverage as anytime
import random_comparisons
import stats_coverage as simulated

SHARES, MEANS, LOOKS, FITS, RESULTS = 20_000, 2000, 300, 200, 2000
"""Number of samples per case, for each question."""
SEQUENCE = 1000
"""Number of deals in a sequence that is examined thirty times."""
WALKS = 40_000
"""Paths of Brownian motion."""


@dataclass(frozen=True)
class Job:
    """One case of one question."""

    question: str
    name: str
    work: Callable[..., Sample]
    arguments: tuple[Any, ...]

    def __call__(self) -> Sample:
        """Simulate the case."""
        return {"question": self.question, "case": self.name, **self.work(*self.arguments)}


def main(part: float) -> list[Sample]:
    """Simulate all cases on all cores."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(Job.__call__, jobs(part)))


def jobs(part: float) -> Iterator[Job]:
    """Yield all cases, each with the fraction ``part`` of the full number of samples."""
    for schedule in simulated.SCHEDULES:
        yield Job("fits", schedule.name, fits, (schedule, int(FITS * part)))
    for bots, share in product(simulated.LADDERS, simulated.BETWEEN):
        name = f"{share:.0%} of the way up {', '.join(map(str, bots))}"
        yield Job("ladders", name, ladders, (bots, share, int(FITS * part)))
    for deals, case in product(simulated.MEAN_DEALS, simulated.MEANS + simulated.UNLIMITED):
        question = "means" if case.limits else "unlimited means"
        yield Job(question, f"{deals} deals, {case.name}", means, (case, deals, int(MEANS * part)))
    yield Job("comparisons", "random results", comparisons, (int(RESULTS * part),))
    for number, source in enumerate(anytime.SOURCES):
        yield Job("looks", source.name, looks, (number, int(LOOKS * part)))
    yield Job("looks", "Brownian motion", boundary, (int(WALKS * part),))
    yield Job("looks", "games in turn", over_games, (int(LOOKS * part),))
    yield Job("looks", "deals where they inform", allocated, (int(LOOKS * part),))
    for deals, case, luck in product(simulated.DEALS, simulated.CASES, simulated.CORRELATIONS):
        name = f"{deals} deals, {case.name}, luck {luck}"
        yield Job("shares", name, shares, (case, luck, deals, int(SHARES * part)))


def shares(case: simulated.Case, luck: float, deals: int, samples: int) -> Sample:
    """Measure how often a share's interval covers, next to Wilson's on single episodes."""
    ours, naive = (
        coverage(case, luck, deals, samples, 1)
        for coverage in (simulated.share_coverage, simulated.naive_coverage)
    )
    return {"deals": deals, "samples": samples, "ours": ours, "naive": naive}


def means(case: simulated.MeanCase, deals: int, samples: int) -> Sample:
    """Measure how often two agents with equal means are told apart, also over three games."""
    return {"deals": deals, "samples": samples,
            "false": simulated.mean_errors(case, deals, samples, 2),
            "false_over_games": simulated.mean_errors(case, deals, samples, 3, games=3),
            "student": simulated.student_errors(case, deals, samples, 2)}  # fmt: skip


def comparisons(samples: int) -> Sample:
    """Count the rows of ``paired`` in which interval, p, adjusted p and verdict do not agree."""
    rows = [
        row
        for seed in range(samples)
        for row in random_comparisons.random_rows(np.random.default_rng([seed, 15]))
    ]
    wrong = sum(bool(random_comparisons.contradictions(row)) for row in rows)
    return {"samples": samples, "rows": len(rows), "contradictions": wrong}


def looks(number: int, samples: int) -> Sample:
    """Measure how often at least one of thirty looks misses the truth of a source."""
    missed = anytime.misses(anytime.SOURCES[number], SEQUENCE, samples, 3)
    return {"samples": samples, "false": missed}


def boundary(walks: int) -> Sample:
    """Measure how often Brownian motion leaves the boundary of the anytime interval."""
    return {"samples": walks, "false": anytime.boundary_misses(walks, 4)}


def over_games(samples: int) -> Sample:
    """Measure how often an interval over three games misses while the games get deals in turn."""
    missed = anytime.games_misses(anytime.SOURCES[4:24:8], samples, 5, SEQUENCE)
    return {"samples": samples, "false": missed}


def allocated(samples: int) -> Sample:
    """Measure how often intervals miss if the games whose question is open get the deals."""
    sources = anytime.SOURCES[::3]
    missed = anytime.sequential_misses(sources, samples // 4, 6, 2 * SEQUENCE)
    return {"samples": samples // 4 * len(sources), "false": missed}


def fits(schedule: simulated.Schedule, samples: int) -> Sample:
    """Measure the coverage of rating and first-mover intervals, and false claims of difference."""
    errors = simulated.rating_errors(schedule, samples, 4)
    return {"samples": samples, "ratings": errors.ratings, "first_mover": errors.first_mover,
            "false": errors.false_claims, "without": errors.without}  # fmt: skip


def ladders(bots: tuple[float, ...], share: float, samples: int) -> Sample:
    """Measure the coverage of an agent's anchored rating and of its place on a ladder of bots."""
    strengths, place = np.array(bots, dtype=np.float64), share * (len(bots) - 1)
    agent = np.interp(place, range(len(bots)), strengths)
    anchored = simulated.anchored_errors(np.append(strengths, agent), 20, samples, 5)
    return {"samples": samples, "anchored": anchored,
            "placed": simulated.ladder_coverage(strengths, place, 20, samples, 6)}  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(main(float(sys.argv[1]))))

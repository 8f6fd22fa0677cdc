"""How often intervals and tests err where the truth is known: the tests' cases at full size.

Run as a module it takes the fraction of the full size to simulate. It prints one line of JSON: a
list of cases, each with its question and its error rates.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any

import numpy as np

from bench.measure import ROOT, Sample

sys.path += [str(ROOT / "tests" / room) for room in ("stats", "store", "jobs")]

import anytime_coverage as anytime
import balanced_coverage as balanced
import played_coverage as end_to_end
import power_cases as powers
import random_comparisons
import rank_coverage
import skill_coverage as between
import stats_coverage as simulated

SHARES, NULLS, LOOKS, FITS, RESULTS, POWERS = 20_000, 2000, 300, 200, 2000, 500
"""Number of samples per case, for each question."""
REDRAWN = (5, 20, 50, 200)
"""Deals of a set of results that is drawn from many played deals."""
POPULATION = 1500
"""Number of deals that are played to draw from."""
PLAYED = 10_000
"""Number of deals of each grid of bots that is played, and split into sets."""
SIZES = (5, 10, 20, 50, 200)
"""Numbers of deals in a set."""
MEANS, BOOTSTRAPS = 5000, 500
"""Number of samples of unbounded values, for Student's t and for the bootstrap."""
ROUNDS = 1000
"""Number of grids of one round each, for balanced deals."""
SEQUENCE = 1000
"""Number of deals in a sequence that is examined thirty times."""
WALKS = 40_000
"""Paths of Brownian motion."""
SKILLS = 1000
"""Number of samples of families of games, and of sweeps."""


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
    yield from _powers(part)
    for grid in end_to_end.GRIDS:
        yield Job("played", grid.name, played, (grid, int(PLAYED * part)))
    for schedule in simulated.SCHEDULES:
        yield Job("fits", schedule.name, fits, (schedule, int(FITS * part)))
    for grid in end_to_end.GRIDS[:4]:
        yield Job("played ratings", grid.name, played_ratings, (grid, int(FITS * part)))
    yield Job("margin ranks", rank_coverage.KUHN.name, margin_ranks, (int(FITS * part),))
    for number in (20, 60):
        yield Job("rankings", f"{number} matches", rankings, (number, int(FITS * part)))
    for bots, share in product(simulated.LADDERS, simulated.BETWEEN):
        name = f"{share:.0%} of the way up {', '.join(map(str, bots))}"
        yield Job("ladders", name, ladders, (bots, share, int(FITS * part)))
    for name, deals in product(simulated.MEANS, (5, 10, 30, 50, 100, 200, 500, 2000)):
        yield Job("means", f"{name}, {deals} deals", means, (name, deals, int(MEANS * part)))
    yield from _between(part)
    for deals, case in product(simulated.NULL_DEALS, simulated.NULLS + simulated.UNLIMITED):
        question = "nulls" if case.limits else "unlimited nulls"
        yield Job(question, f"{deals} deals, {case.name}", nulls, (case, deals, int(NULLS * part)))
    yield Job("comparisons", "random results", comparisons, (int(RESULTS * part),))
    yield from _deals(part)
    for number, source in enumerate(anytime.SOURCES):
        yield Job("looks", source.name, looks, (number, int(LOOKS * part)))
    yield Job("looks", "Brownian motion", boundary, (int(WALKS * part),))
    yield Job("looks", "games in turn", over_games, (int(LOOKS * part),))
    yield Job("looks", "deals where they inform", allocated, (int(LOOKS * part),))
    for deals, case, luck in product(simulated.DEALS, simulated.CASES, simulated.CORRELATIONS):
        name = f"{deals} deals, {case.name}, luck {luck}"
        yield Job("shares", name, shares, (case, luck, deals, int(SHARES * part)))


def _deals(part: float) -> Iterator[Job]:
    """Yield the cases of balanced deals and of dropped ones."""
    for case in balanced.CASES:
        name = f"{case.game}, {' against '.join(bot['type'] for bot in case.bots.values())}"
        yield Job("balanced", name, rounds, (case, int(ROUNDS * part)))
    for deals, share in product((10, 40, 200), (0.05, 0.2, 0.5)):
        name = f"{deals} deals, {share:.0%} of those below the mean dropped"
        yield Job("dropped", name, drops, (deals, share, int(MEANS * part)))


def played(grid: end_to_end.Grid, deals: int) -> Sample:
    """Measure the coverage of the tables' intervals, by number of deals and by question.

    ``samples`` counts deals, which are split into sets of each size. ``apart`` is the coverage at
    20 deals if each game counted as if it had deals of its own.
    """
    with end_to_end.play(grid, deals, 11) as results:
        found = {size: end_to_end.coverage(results, size) for size in SIZES}
        apart = end_to_end.coverage(results.apart, 20)
    # Two standard errors of the independent sets are left for chance.
    rates = [
        (size, each.coverage, 2 * (0.05 * 0.95 / (deals // size)) ** 0.5)
        for size, by_question in found.items()
        for each in by_question.values()
    ]
    return {
        "samples": deals,
        "coverage": {size: _each(by_question, "coverage") for size, by_question in found.items()},
        "half_width": {
            size: _each(by_question, "half_width") for size, by_question in found.items()
        },
        "least": min(rate + noise for size, rate, noise in rates if size >= 10),
        "most": max(rate - noise for size, rate, noise in rates if size > 10),
        "apart": _each(apart, "coverage"),
    }


def _each(by_question: Mapping[str, end_to_end.Found], name: str) -> dict[str, float]:
    return {question: getattr(found, name) for question, found in by_question.items()}


def _powers(part: float) -> Iterator[Job]:
    for grid in powers.CASES:
        yield Job("power", grid.name, power, (grid, int(POWERS * part)))


def _between(part: float) -> Iterator[Job]:
    """Yield the cases of families of games, and those of choices among candidates."""
    samples = int(SKILLS * part)
    for kind, families in product(range(len(between.KINDS)), between.FAMILIES):
        name = f"{families} families, {between.KINDS[kind].name}"
        yield Job("skills", name, skills, (kind, families, samples))
    for sweep, count, deals in product(between.SWEEPS, (2, 8, 16), (20, 50, 200)):
        name = f"{count} candidates, {sweep}, {deals} deals"
        yield Job("winners", name, winners, (sweep, count, deals, samples))


def shares(case: simulated.Case, luck: float, deals: int, samples: int) -> Sample:
    """Measure how often a share's interval covers, next to Wilson's on single episodes."""
    ours, naive = (
        coverage(case, luck, deals, samples, 1)
        for coverage in (simulated.share_coverage, simulated.naive_coverage)
    )
    return {"deals": deals, "samples": samples, "ours": ours, "naive": naive}


def means(name: str, deals: int, samples: int) -> Sample:
    """Measure how often Student's t interval covers, next to the BCa bootstrap from 30 deals on."""
    found = {"deals": deals, "samples": samples}
    if 30 <= deals <= 100:
        part = samples * BOOTSTRAPS // MEANS
        found |= {"bca": simulated.mean_coverage(name, deals, part, 8, bootstrap=True)}
    return found | {"t": simulated.mean_coverage(name, deals, samples, 7)}


def nulls(case: simulated.NullCase, deals: int, samples: int) -> Sample:
    """Measure how often two agents with equal means are told apart, also over three games."""
    return {"deals": deals, "samples": samples,
            "false": simulated.null_errors(case, deals, samples, 2),
            "false_over_games": simulated.null_errors(case, deals, samples, 3, games=3),
            "student": simulated.student_errors(case, deals, samples, 2)}  # fmt: skip


def comparisons(samples: int) -> Sample:
    """Count what contradicts itself among interval, p, adjusted p, verdict and letters."""
    drawn = (
        random_comparisons.random_results(np.random.default_rng([seed, 15]))
        for seed in range(samples)
    )
    found = [(len(each.rows), len(random_comparisons.all_contradictions(each))) for each in drawn]
    rows, wrong = np.sum(found, axis=0).tolist()
    return {"samples": samples, "rows": rows, "contradictions": wrong}


def rounds(case: balanced.Case, samples: int) -> Sample:
    """Measure the coverage of a bot with luck in a round of balanced deals, and in random deals."""
    found = {name: balanced.covered(case, name == "round", samples) for name in ("round", "random")}
    return {"samples": samples, **found}


def drops(deals: int, share: float, samples: int) -> Sample:
    """Measure the coverage of the bounds of dropped deals, and of the interval of those left."""
    bounded, plain = simulated.dropped_coverage(deals, share, samples, 7)
    return {"samples": samples, "bounded": bounded, "left": plain}


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


def power(grid: end_to_end.Grid, samples: int) -> Sample:
    """Measure how far the power that the rule estimate promises is from that of played grids."""
    known = powers.power(grid, samples, 7)
    return {"samples": samples, "deals": known.deals, "promised": known.promised,
            "found": known.found, "apart": abs(known.found - known.promised)}  # fmt: skip


def played_ratings(grid: end_to_end.Grid, samples: int) -> Sample:
    """Measure coverage of ratings and of ranges of ranks in sets drawn from deals that bots played.

    ``apart`` is the coverage at 20 deals if the deals of a disguise counted as its own.
    """
    matches = rank_coverage.population(grid, POPULATION, 5).matches
    assert matches is not None
    found = {n: rank_coverage.rating_errors(matches, n, samples, 6) for n in REDRAWN}
    apart = rank_coverage.rating_errors(matches, 20, samples, 6, apart=True)
    many = [errors.coverage for n, errors in found.items() if n > 10]
    return {"samples": samples, "ratings": min(errors.coverage for errors in found.values()),
            "most": max(many), "ranks": min(errors.ranks for errors in found.values()),
            "apart": apart.coverage,
            "by_deals": {n: vars(errors) for n, errors in found.items()}}  # fmt: skip


def margin_ranks(samples: int) -> Sample:
    """Measure how often ranges of ranks hold the true ranks of a margin game."""
    everything = rank_coverage.population(rank_coverage.KUHN, 2 * POPULATION, 5)
    found = {n: rank_coverage.game_errors(everything, n, samples, 6) for n in REDRAWN}
    return {"samples": samples, "ranks": min(errors.ranks for errors in found.values()),
            "right": found[20].right,
            "by_deals": {n: vars(errors) for n, errors in found.items()}}  # fmt: skip


def rankings(matches: int, samples: int) -> Sample:
    """Measure the coverage of ratings from rankings of four by the model of Plackett and Luce."""
    errors = simulated.ranking_errors(matches, samples, 8)
    return {"samples": samples, "ratings": errors.ratings, "false": errors.false_claims}


def ladders(bots: tuple[float, ...], share: float, samples: int) -> Sample:
    """Measure the coverage of an agent's anchored rating and of its place on a ladder of bots."""
    strengths, place = np.array(bots, dtype=np.float64), share * (len(bots) - 1)
    agent = np.interp(place, range(len(bots)), strengths)
    anchored = simulated.anchored_errors(np.append(strengths, agent), 20, samples, 5)
    return {"samples": samples, "anchored": anchored,
            "placed": simulated.ladder_coverage(strengths, place, 20, samples, 6)}  # fmt: skip


def skills(kind: int, families: int, samples: int) -> Sample:
    """Measure how often the intervals of a score cover its mean over all families of a kind."""
    found = between.skill_errors(between.KINDS[kind], families, 20, samples, 7)
    return {"samples": samples, **asdict(found)}


def winners(sweep: str, count: int, deals: int, samples: int) -> Sample:
    """Measure how the best of a sweep is judged by its usual interval and by the corrected one."""
    found = between.winner_errors(between.SWEEPS[sweep](count), deals, samples, 8)
    return {"samples": samples, "sweep": sweep, **asdict(found)}


if __name__ == "__main__":
    print(json.dumps(main(float(sys.argv[1]))))

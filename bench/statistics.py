"""Benchmarks of the tables: time for a million decisions, and whether the numbers are right."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb

from bench.measure import Figure, Sample, worker
from bench.runs import folder_of, snakemake

FULL = 5
"""The number of runs that stands for full size; fewer runs scale the size down."""
DEALS = 2700
"""Deals of GRID that produce a million decisions."""
PAIRS = 20_000
"""Deals per game for the comparison of seatings."""
BOTS = {
    "random": {"type": "random"},
    "optimal": {"type": "optimal"},
    "often_wrong": {"type": "noisy_optimal", "epsilon": 0.5},
    "seldom_wrong": {"type": "noisy_optimal", "epsilon": 0.1},
}
GAMES = ["tic_tac_toe", "connect_four_4x4", "misere_tic_tac_toe", "nim", "kuhn_poker"]
POKER = {"kuhn_poker": 0.35, "leduc_poker": 0.75}
"""Target for the variance of a deal's mean, relative to the mean of two independent episodes."""
UNCORRECTED = {"kuhn_poker": 0.7, "leduc_poker": 0.6}
"""Target for what control variates leave of the variance of a deal's mean over both seatings."""
PAIRED = """
    WITH results AS (
        SELECT
            deal, seating,
            list_filter(seats, lambda one: one.agent = 'random')[1]."return" AS own
        FROM read_parquet($chunks)
        WHERE game = $game
    )

    SELECT var_samp(mean) AS paired, any_value(apart) AS apart, count(*) AS deals
    FROM (SELECT avg(own) AS mean FROM results GROUP BY deal),
        (
            SELECT sum(variance) / 4 AS apart
            FROM (SELECT var_samp(own) AS variance FROM results GROUP BY seating)
        )
"""
"""The mean of two independent episodes, one per seat, has a quarter of their variances' sum.
"""


def figures(runs: int) -> Iterator[Figure]:
    """Run all measurements once; the simulations are the same each time."""
    part = min(1.0, runs / FULL)
    yield from _tables(part)
    yield from _pairing(part)
    yield from _coverage(worker("coverage", part))
    yield from _planted(worker("planted", part))
    yield from _variates(worker("variates", part))


def _tables(part: float) -> Iterator[Figure]:
    """Measure the time from chunk files to tables, including Snakemake and its jobs."""
    grid = {"deals": round(DEALS * part), "games": GAMES, "agents": BOTS}
    with folder_of(grid) as folder:
        snakemake(folder, "--until", "play", "compute_references")
        spent = snakemake(folder, "--", "results/tables/README.md")
        with duckdb.connect(str(folder / "results/gamegrid.duckdb"), read_only=True) as database:
            [(decisions,)] = database.execute("SELECT count(*) FROM decisions").fetchall()
    name = f"stats: tables of {decisions:,} decisions"
    run: dict[str, Sample] = {"tables": {**spent, "decisions": decisions}}
    yield _at_most(f"{name}, s", 90, spent["wall_s"], [run])
    yield _at_most(f"{name}, GB of all processes together", 3, spent["most_gb"])


def _pairing(part: float) -> Iterator[Figure]:
    """Play random against the equilibrium, both seatings of each deal."""
    bots = {name: BOTS[name] for name in ("random", "optimal")}
    grid = {"deals": round(PAIRS * part), "games": list(POKER), "agents": bots}
    with folder_of(grid) as folder:
        snakemake(folder, "--until", "play")
        for game, wanted in POKER.items():
            variances = _variances(folder, game)
            yield Figure(
                name=f"stats: variance of a deal's mean, {game}",
                baseline="that of the mean of two independent episodes, one in each seat",
                wanted=wanted,
                at_most=True,
                measured=variances["paired"] / variances["apart"],
                runs=[{"deals": variances}],
            )


def _variances(folder: Path, game: str) -> Sample:
    chunks = [str(path) for path in (folder / "results/chunks" / game).rglob("*.parquet")]
    answer = duckdb.execute(PAIRED, {"chunks": chunks, "game": game})
    names = [column[0] for column in answer.description]
    return dict(zip(names, answer.fetchall()[0], strict=True))


def _coverage(cases: Sequence[Sample]) -> Iterator[Figure]:
    """Yield the worst case of each question."""
    of = defaultdict[str, list[Sample]](list)
    for case in cases:
        of[str(case["question"])].append(case)
    shares, means, nulls, fits = of["shares"], of["means"], of["nulls"], of["fits"]
    played, redrawn, unlimited = of["played"], of["played ratings"], of["unlimited nulls"]
    yield _least("coverage of the tables from 10 deals on, at least", played, "least", 0.93)
    yield _most("coverage of the tables beyond 10 deals, at most", played, "most", 0.99)
    many = [case for case in shares if case["deals"] >= 50]
    yield _least("coverage of a share, at least", shares, "ours", 0.93)
    yield _most("coverage from 50 deals on, at most", many, "ours", 0.97)
    normal = [case for case in means if case["case"].startswith("normal")]
    yield _least("coverage of a mean of normal values", normal, "t", 0.93)
    skewed = [case for case in means if case["deals"] >= 200]
    yield _least("coverage of a skewed mean from 200 deals on", skewed, "t", 0.92)
    yield _least("coverage with luck in a round of balanced deals", of["balanced"], "round", 0.91)
    yield _least("coverage of the bounds of dropped deals", of["dropped"], "bounded", 0.94)
    naive = min(case["naive"] for case in shares)
    yield _case("Wilson's on episodes covers too little", shares, 0.93, naive, at_most=True)
    yield _most("p < .05 where means are equal", nulls, "false", _with_noise(nulls, 0.06))
    yield _most("the same over three games", nulls, "false_over_games", _with_noise(nulls, 0.06))
    yield _most("the same without limits", unlimited, "false", _with_noise(unlimited, 0.08))
    yield _most(
        "contradictions of interval, p, verdict and letters", of["comparisons"], "contradictions", 0
    )
    yield _most(
        "thirty looks of which one misses", of["looks"], "false", _with_noise(of["looks"], 0.06)
    )
    yield _least("coverage of a rating, at least", fits, "ratings", 0.93)
    yield _least("coverage of the first mover's effect", fits, "first_mover", 0.93)
    yield _least("coverage of a rating of bots that played", redrawn, "ratings", 0.93)
    yield _most("the same beyond 10 deals, at most", redrawn, "most", 0.99)
    yield _least("all true ranks by rating are possible ones", redrawn, "ranks", 0.93)
    yield _least(
        "all true ranks in a margin game are possible ones", of["margin ranks"], "ranks", 0.93
    )
    yield _least("coverage of a rating by rankings of four", of["rankings"], "ratings", 0.93)
    yield _least("coverage of a rating on a ladder", of["ladders"], "anchored", 0.93)
    yield _least("coverage of a place between bots", of["ladders"], "placed", 0.93)
    yield from _between(of["skills"], of["winners"])
    yield _most("equals told apart by ratings", fits, "false", _with_noise(fits))
    yield _most("power that estimate promises, from that of grids", of["power"], "apart", 0.05)


def _planted(cases: Sequence[Sample]) -> Iterator[Figure]:
    """Yield how often the controls find the planted faults at the sizes stated for them."""
    stated = [case for case in cases if case["stated"]]
    yield _least("share of grids with a planted fault that are red", stated, "found", 0.8)
    none = [case for case in cases if case["none"]]
    yield _most("share of honest grids that are red", none, "found", 0.0)


def _variates(cases: Sequence[Sample]) -> Iterator[Figure]:
    """Yield what control variates leave of the variance, what is covered, and the cost."""
    for game, wanted in UNCORRECTED.items():
        one = [case for case in cases if case["game"] == game and case["known"] == 1]
        yield _most(f"variance left, one policy known, {game}", one, "left", wanted)
    yield _least("coverage of corrected returns, at least", cases, "covered", 0.93)
    yield _most("coverage of corrected returns, at most", cases, "covered", 0.975)
    yield _most("s of CPU to correct 1,000 episodes", cases, "seconds", 1.0)


def _between(skills: Sequence[Sample], winners: Sequence[Sample]) -> Iterator[Figure]:
    """Yield the worst case of scores over families of games, and of the best of a sweep."""
    yield _least("coverage of a score over families, at least", skills, "coverage", 0.9)
    deals_only = min(case["over_deals"] for case in skills)
    yield _case("its interval over deals covers too little", skills, 0.8, deals_only, at_most=True)
    yield _least("coverage of the best of a sweep, at least", winners, "coverage", 0.93)
    naive = min(case["naive"] for case in winners)
    yield _case("its usual interval covers too little", winners, 0.8, naive, at_most=True)
    equal = [case for case in winners if case["sweep"] == "equal"]
    bias = max(abs(case["bias"]) for case in equal)
    yield _case("bias of the best of equals, at most", equal, 0.02, bias, at_most=True)


def _least(name: str, cases: Sequence[Sample], key: str, wanted: float) -> Figure:
    return _case(name, cases, wanted, min(case[key] for case in cases), at_most=False)


def _most(name: str, cases: Sequence[Sample], key: str, wanted: float) -> Figure:
    return _case(name, cases, wanted, max(case[key] for case in cases), at_most=True)


def _case(
    name: str, cases: Sequence[Sample], wanted: float, measured: float, at_most: bool
) -> Figure:
    """Return the worst of the cases; the output file holds them all."""
    return Figure(
        name=f"stats: {name}",
        baseline=f"the truth of {len(cases)} cases, {cases[0]['samples']:,} samples of each",
        wanted=wanted,
        at_most=at_most,
        measured=measured,
        runs=[{case["case"]: case} for case in cases],
    )


def _with_noise(cases: Sequence[Sample], rate: float = 0.05) -> float:
    """Return the highest rate that a true ``rate`` may show: three standard errors more."""
    return round(rate + 3 * (rate * (1 - rate) / cases[0]["samples"]) ** 0.5, 3)


def _at_most(
    name: str, wanted: float, measured: float, runs: Sequence[dict[str, Sample]] = ()
) -> Figure:
    return Figure(
        name=name,
        baseline="a fixed target, on two cores, oracles warm",
        wanted=wanted,
        at_most=True,
        measured=measured,
        runs=list(runs),
    )

"""Say how small a difference between two agents a grid can show, and what a smaller one would take.

How much differences vary from deal to deal is taken from the best source there is, and the answer
names it: results of these agents on file, else of bots in the same games, else exact values for
bots with known policies in small games, else bots that play now, else the worst case.
"""

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from pathlib import Path
from statistics import median

import numpy as np

from gamegrid.agents.agent import AgentSettings, kinds
from gamegrid.analysis.exact_variation import exact_variations
from gamegrid.analysis.references import baselines
from gamegrid.games.game import Game, Scoring
from gamegrid.jobs.estimate import Cost
from gamegrid.jobs.workflow import rows
from gamegrid.plan import grid, suites
from gamegrid.plan import plan as plans
from gamegrid.plan.grid import Cell, Matchup
from gamegrid.plan.plan import Plan
from gamegrid.play.chunk import Job, play_chunk
from gamegrid.stats.intervals import CONFIDENCE
from gamegrid.stats.power import POWER, Design, Variation, deals_needed, resolvable_difference
from gamegrid.store.pilot import LEAST_DEALS, Pilot, pilots

SHARES = (0.05, 0.1, 0.2)
"""The differences of the table, as shares of the range of a game's results."""


FAR = 2.5
"""Standard deviations."""
LEAST_SD = 1e-3
"""Standard deviation to plan with, as a share of the range, where none was found."""
BOTS = 3
PLAYED = 100
"""Deals that bots play; the standard error of a standard deviation is then a fourteenth of it."""
ONE_MATCHUP = Design(met=1, apart=0)


class Source(StrEnum):
    """Where the standard deviation of a deal's difference is known from."""

    AGENTS = "results of these agents on file"
    BOTS = "results of bots on file"
    SUITE = "results of bots in frozen suites"
    EXACT = "exact values for bots"
    PLAYED = "games of bots played for this estimate"
    WORST = "nothing; this is the worst case"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What is known about the differences of two agents in one game."""

    game: Game
    deals: int
    """Deals of the grid."""
    sds: tuple[float, ...]
    """The standard deviation of a deal's difference for each pair of the source, sorted."""
    source: Source
    matchups: int
    """The number of matchups that a pair is compared over."""

    @property
    def limit(self) -> float:
        """The largest difference of a deal to expect.

        In one matchup it is all the range, else so many standard deviations that few are beyond.
        """
        return max(self.span / self.matchups, min(self.span, FAR * self.largest_sd))

    @property
    def span(self) -> float:
        """The range of a deal's results: 1 for scores, else that of the returns."""
        if self.game.scoring is Scoring.WIN_LOSS:
            return 1.0
        return float(self.game.spiel.max_utility() - self.game.spiel.min_utility())

    @property
    def largest_sd(self) -> float:
        """The standard deviation of the pair that varies most, which is planned with."""
        return self.sds[-1]

    @property
    def smallest_shown(self) -> float | None:
        """The smallest difference that the grid shows; None if not even the largest possible."""
        if self.deals < 2:
            return None
        least = resolvable_difference(self.deals, self.largest_sd, limit=self.limit)
        return least if least <= self.span else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """What it takes to show a difference in one game."""

    game: str
    difference: float
    usual: int
    """Deals for a pair with the median standard deviation."""
    deals: int
    """Deals for the pair that varies most."""
    extra: int
    """How many more that is than the grid has."""


def resolutions(plan: Plan, results: Path) -> list[Resolution]:
    """Return what is known about each game of the grid in which agents are compared.

    Raises UserError if a chunk file is damaged.
    """
    files = [path for chunk in plan.chunks if (path := results / chunk.file).exists()]
    on_file = _by_game(pilots(rows(plan), [*files, *plan.frozen]))
    frozen: dict[str, list[Pilot]] | None = None
    found = []
    for game in plan.grid.games:
        design = _design(plan, game)
        if design is None or game.scoring is Scoring.PAYOFF:
            continue
        source, variations = _known(plan, on_file[game.load_string])
        if not variations:
            frozen = _suites() if frozen is None else frozen
            source, variations = Source.SUITE, _variations(frozen.get(game.load_string, ()))
        if not variations and design == ONE_MATCHUP:
            source, variations = Source.EXACT, _exact(plan, game)
        if not variations:
            source, variations = Source.PLAYED, _variations(_played(plan, game))
        matchups = design.met + design.apart
        sds = sorted(variation.sd(design) for variation in variations)
        known = Resolution(
            game=game, deals=len(plan.deals(game)), sds=tuple(sds), source=source, matchups=matchups
        )
        if not sds or sds[-1] == 0:
            known = Resolution(
                game=game,
                deals=len(plan.deals(game)),
                sds=(known.span,),
                source=Source.WORST,
                matchups=matchups,
            )
        found.append(known)
    return found


def _design(plan: Plan, game: Game) -> Design | None:
    """Return the matchups that compare two agents of a game, one of them a model if there are any.

    The pair with the fewest matchups counts. None if no two agents are compared.
    """
    met = defaultdict[str, set[Matchup]](set)
    for cell in _cells(plan):
        names = set(cell.matchup.agents)
        if cell.game.name == game.name and (game.players == 1 or len(names) > 1):
            for agent in names:
                met[agent].add(cell.matchup)
    designs = []
    for one, two in combinations(sorted(met), 2):
        if plan.models and not {one, two} & plan.models.keys():
            continue
        together = met[one] & met[two]
        if _without(one, met[one] - together) == _without(two, met[two] - together):
            designs.append(Design(len(together), len(met[one]) - len(together)))
    return min(designs, key=lambda design: design.met + design.apart, default=None)


def _cells(plan: Plan) -> list[Cell]:
    """Return the cells of the grid and those that come with its suite."""
    if plan.suite is None:
        return list(plan.grid.cells)
    bots = set(plan.suite.grid["agents"])
    everybody = plan.config.model_copy(update={"schedule": "round_robin", "self_play": False})
    frozen = [cell for cell in grid.build(everybody).cells if bots.issuperset(cell.matchup.agents)]
    return [*plan.grid.cells, *frozen]


def _without(agent: str, matchups: Iterable[Matchup]) -> list[tuple[str, ...]]:
    """Return the line-ups of the other agents of ``matchups``, sorted."""
    return sorted(tuple(name for name in matchup.agents if name != agent) for matchup in matchups)


def _by_game(found: Sequence[Pilot]) -> dict[str, list[Pilot]]:
    games = defaultdict[str, list[Pilot]](list)
    for pilot in found:
        games[pilot.load_string].append(pilot)
    return games


def _known(plan: Plan, found: Sequence[Pilot]) -> tuple[Source, list[Variation]]:
    """Return the pairs with a model, if there are models and results of them, else all pairs."""
    own = [pilot for pilot in found if not plan.models or pilot.agents & plan.models.keys()]
    if own:
        return Source.AGENTS, _variations(own)
    return Source.BOTS, _variations(found)


def _variations(found: Sequence[Pilot]) -> list[Variation]:
    return [pilot.variation for pilot in found]


def _suites() -> dict[str, list[Pilot]]:
    """Return the pairs of bots in all frozen suites."""
    found = list[Pilot]()
    for name in suites.names(Path.cwd()):
        suite = suites.read(name, Path.cwd())
        if suite.results.exists():
            made = plans.make(suite.grid, Path.cwd())
            found += pilots(rows(made), [suite.results])
    return _by_game(found)


def _exact(plan: Plan, game: Game) -> list[Variation]:
    """Return the exact variations of bots with known policies that play each other."""
    policies = {
        name: policy(settings, game)
        for name, settings in _bots(plan, game).items()
        if (policy := kinds()[settings.type].policy) is not None
    }
    found = exact_variations(game, policies, plan.opening_plies(game), plan.max_plies(game))
    return [Variation.of(np.array([[variance]]), np.array([True])) for variance in found.values()]


def _bots(plan: Plan, game: Game) -> dict[str, AgentSettings]:
    """Return the grid's quick bots that can play a game, and the baselines that it lacks."""
    found, missing = dict[str, AgentSettings](), baselines()
    for name, settings in plan.config.agents.items():
        kind = kinds()[settings.type]
        if kind.repeatable and kind.unsupported_reason(settings, game) is None:
            found[name] = settings
            baseline = kind.traits(settings).baseline
            if baseline is not None:
                missing.pop(baseline, None)
    for absent, kind in missing.items():
        plain = kind.settings(type=kind.type)
        if kind.unsupported_reason(plain, game) is None:
            found[f"{absent}_baseline"] = plain
    return found


def _played(plan: Plan, game: Game) -> list[Pilot]:
    """Let up to BOTS bots of the grid, or baselines, play PLAYED deals of a game.

    Where there are fewer bots than seats, some play against themselves under a second name.
    """
    bots = dict(list(_bots(plan, game).items())[:BOTS])
    name, first = next(iter(bots.items()))
    bots |= {f"{name}_{number}": first for number in range(len(bots), max(2, game.players))}
    shared = ("seed", "opening_plies", "max_plies", "seatings", "plugins")
    raw = {
        **{key: value for key, value in plan.config.model_dump().items() if key in shared},
        "games": [game.load_string],
        "deals": PLAYED,
        "agents": {name: bot.model_dump(exclude={"games", "sweep"}) for name, bot in bots.items()},
    }
    with tempfile.TemporaryDirectory() as folder:
        made, files = plans.make(raw, Path.cwd()), list[Path]()
        for chunk in made.chunks:
            cell = chunk.cell
            files.append(Path(folder) / chunk.file)
            play_chunk(
                Job(
                    config=raw, game=cell.game.name, matchup=cell.matchup.name, block=chunk.block,
                    threads=1, results=Path(folder), output=files[-1],
                )
            )  # fmt: skip
        return pilots(rows(made), files)


def needed(known: Resolution) -> Iterator[Needed]:
    """Yield the deals that each difference of the table takes."""
    for share in SHARES:
        difference = share * known.span
        most = deals_needed(difference, known.largest_sd, limit=known.limit)
        usual_sd = median(known.sds)
        yield Needed(
            game=known.game.name,
            difference=difference,
            usual=deals_needed(difference, max(usual_sd, LEAST_SD * known.span), limit=known.limit),
            deals=most,
            extra=max(0, most - known.deals),
        )


def text(known: Sequence[Resolution], costs: Sequence[Cost]) -> str:
    """Return both tables in lines of text; empty if no agents are compared."""
    if not known:
        return ""
    deals = known[0].deals
    return "\n".join(
        [
            "",
            f"WHAT THIS GRID CAN SHOW (deals: {deals})",
            f"If two agents truly differ by the stated amount in a game, {POWER:.0%} of such grids "
            f"find it (p below {1 - CONFIDENCE:.2g}, not adjusted for the number of pairs). "
            "They find a larger difference more often and a smaller one less often.",
            *_aligned(
                [("game", "smallest difference shown", "SD of a deal's difference", "SD from")],
                [_shown(each) for each in known],
            ),
            *_advice(known),
            "",
            "WHAT OTHER DIFFERENCES TAKE",
            "Deals: for the median pair, and for the pair that varies most. Calls and money: what "
            "the deals beyond this grid's would add for that pair, over all its opponents.",
            *_aligned(
                [("game", "difference", "deals", "deals to add", "calls to add", "money to add")],
                [_taken(one, costs) for each in known for one in needed(each)],
            ),
        ]
    )


def _advice(known: Sequence[Resolution]) -> list[str]:
    games = [each.game.name for each in known if each.source is Source.WORST]
    if not games:
        return []
    return [
        f"The true SD in {', '.join(games)} is probably much smaller. Play {LEAST_DEALS} deals or "
        "more and run estimate again: it then uses their results."
    ]


def _unit(game: Game) -> str:
    return "of score" if game.scoring is Scoring.WIN_LOSS else "of return"


def _shown(known: Resolution) -> tuple[str, ...]:
    least = known.smallest_shown
    shown = f"{least:.2g} {_unit(known.game)}" if least is not None else "none, however large"
    sd = f"{known.largest_sd:.2g}"
    if len(known.sds) > 1:
        sd = f"{known.sds[0]:.2g} to {sd}"
    count = f"{len(known.sds)} pairs" if len(known.sds) > 1 else "one pair"
    source = known.source if known.source is Source.WORST else f"{known.source}, {count}"
    return known.game.name, shown, sd, source


def _taken(one: Needed, costs: Sequence[Cost]) -> tuple[str, ...]:
    deals = f"{one.deals:,}" if one.usual == one.deals else f"{one.usual:,} to {one.deals:,}"
    playing = [
        (cost.agent, cost.per_deal[one.game], cost) for cost in costs if one.game in cost.per_deal
    ]
    calls = ", ".join(f"{agent} {one.extra * deal.calls:,.0f}" for agent, deal, _ in playing)
    money = ", ".join(f"{agent} {_money(one.extra, cost, one.game)}" for agent, _, cost in playing)
    return (
        one.game,
        f"{one.difference:.3g}",
        deals,
        f"{one.extra:,}",
        calls or "no model",
        money or "none",
    )


def _money(extra: int, cost: Cost, game: str) -> str:
    usd = cost.per_deal[game].usd
    if usd is not None:
        return f"{extra * usd:,.2f} USD"
    return "runs here" if cost.local else "unknown"


def _aligned(head: Sequence[tuple[str, ...]], lines: Sequence[tuple[str, ...]]) -> list[str]:
    """Return the rows of a table with columns of equal width."""
    table = [*head, *lines]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  "
        + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]

"""How often the intervals of the tables cover the truth, end to end: bots play, tables are built.

A set of results is a grid of bots in deals of its own. The sets of one grid are independent of each
other, because they are different deals of one seed. The truth comes from enumeration of the bots'
policies over all openings and chance events.
"""

import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb

from gamegrid.agents.agent import kinds
from gamegrid.analysis.references import expectations
from gamegrid.jobs import workflow
from gamegrid.plan import plan
from gamegrid.plan.plan import Plan
from gamegrid.play.chunk import Job, play_chunk
from gamegrid.store.comparisons import compare_pairs, rows_of
from gamegrid.store.database import Sources, build
from gamegrid.store.statistics import score_ends
from gamegrid.store.values import WIN_LOSS, CellValues, Pooled, ends, read_cells

MAGIC = dict(zip(("a1", "b1", "c1", "a2", "b2", "c2", "a3", "b3", "c3"), "276951438", strict=True))
"""The number of number_scrabble that stands for each cell of tic_tac_toe."""


def first_free(cells: str) -> dict[str, Any]:
    """Return a bot without luck that takes the first free of ``cells``, in either game."""
    prefer = [label for cell in cells.split() for label in (cell, f"pick {MAGIC[cell]}")]
    return {"type": "preference", "prefer": prefer}


@dataclass(frozen=True)
class Grid:
    """Bots and the games that they play."""

    name: str
    games: tuple[str, ...]
    agents: Mapping[str, Mapping[str, Any]]
    opening_plies: int | str = "auto"


LUCKY = MappingProxyType(
    {
        "random": {"type": "random"},
        "half": {"type": "noisy_optimal", "epsilon": 0.5},
        "few": {"type": "noisy_optimal", "epsilon": 0.2},
    }
)
LUCKLESS = MappingProxyType(
    {
        "rows": first_free("a1 b1 c1 a2 b2 c2 a3 b3 c3"),
        "middle": first_free("b2 a1 c3 c1 a3 b1 a2 c2 b3"),
        "corners": first_free("c3 a3 c1 a1 b2 b3 c2 a2 b1"),
    }
)
CARDS = MappingProxyType(
    {
        "random": {"type": "random"},
        "optimal": {"type": "optimal"},
        "half": {"type": "noisy_optimal", "epsilon": 0.5},
    }
)
GRIDS = (
    Grid("lucky, with a disguise", ("tic_tac_toe", "number_scrabble"), LUCKY),
    Grid("lucky, without", ("tic_tac_toe", "misere_tic_tac_toe"), LUCKY),
    Grid("luckless, with a disguise", ("tic_tac_toe", "number_scrabble"), LUCKLESS),
    Grid("luckless, without", ("tic_tac_toe", "misere_tic_tac_toe"), LUCKLESS),
    Grid("margins, with a disguise", ("kuhn_poker", "sealed_parcels"), CARDS),
)

QUERIES = MappingProxyType(
    {
        "heads": "SELECT game, agent, opponent, low, high FROM head_to_head",
        "games": "SELECT game, agent, NULL, low, high FROM per_game",
        "scores": "SELECT NULL, agent, NULL, score_low, score_high FROM leaderboard "
        "WHERE score IS NOT NULL",
        "pairs": "SELECT game, agent, rival, low, high FROM paired WHERE game IS NOT NULL",
        "pairs over games": "SELECT NULL, agent, rival, low, high FROM paired WHERE game IS NULL",
    }
)
"""The tables that answer each question."""

SPANS = "SELECT game, highest_return - lowest_return FROM games WHERE highest_return IS NOT NULL"

Key = tuple[str | None, str, str | None]
"""Game, agent and the other agent, as in the queries."""
Answer = tuple[str, Key, float | None, float | None]
"""Question, key and the ends of the interval."""


@dataclass
class Found:
    """What the intervals of one question did over all sets."""

    intervals: int = 0
    covered: int = 0
    without: int = 0
    """Rows without an interval, which are not among ``intervals``."""
    width: float = 0.0
    """Sum of half-widths."""
    missed: Counter[Key] = field(default_factory=Counter)

    @property
    def coverage(self) -> float:
        return self.covered / self.intervals if self.intervals else float("nan")

    @property
    def half_width(self) -> float:
        return self.width / self.intervals if self.intervals else float("nan")


@dataclass(frozen=True)
class Played:
    """The results of a grid: its plan, the chunk files by block of deals, and all cells."""

    made: Plan
    blocks: Mapping[str, Sequence[Path]]
    cells: Sequence[CellValues]
    comparable: Sequence[tuple[str, str, str]]
    spans: Mapping[str, float]
    """The largest difference of two returns, by game."""

    @property
    def apart(self) -> "Played":
        """The same as if each game had deals of its own, which is wrong for disguises."""
        cells = [
            replace(cell, observations=replace(cell.observations, luck=cell.game))
            for cell in self.cells
        ]
        return replace(self, cells=cells)


@contextmanager
def play(grid: Grid, deals: int, seed: int, chunk: int | None = None) -> Iterator[Played]:
    """Play a grid in jobs of ``chunk`` deals and build its database."""
    raw = {
        "seed": seed, "games": list(grid.games), "deals": deals, "chunk": chunk or deals,
        "agents": dict(grid.agents), "opening_plies": grid.opening_plies,
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made, blocks = plan.make(raw, folder), defaultdict[str, list[Path]](list)
        for each in made.chunks:
            output = folder / "results/chunks" / f"{each.path}.parquet"
            play_chunk(
                Job(config=raw, game=each.cell.game.name, matchup=each.cell.matchup.name,
                    block=each.block, results=folder / "results", output=output, threads=1)
            )  # fmt: skip
            blocks[each.block].append(output)
        every = [path for paths in blocks.values() for path in paths]
        build(folder / "all.duckdb", workflow.rows(made), Sources(chunks=every))
        with duckdb.connect(str(folder / "all.duckdb"), read_only=True) as database:
            cells = read_cells(database)
            comparable = database.execute("SELECT game, agent, rival FROM comparable").fetchall()
            spans = dict(database.execute(SPANS).fetchall())
        yield Played(made, blocks, cells, comparable, spans)


def coverage(results: Played, deals: int) -> dict[str, Found]:
    """Split the deals into sets of ``deals``, and compare the intervals of each with the truth."""
    found, truths = defaultdict[str, Found](Found), exact(results.made)
    for number in range(results.made.config.deals // deals):
        cells = [within(cell, number * deals, deals) for cell in results.cells]
        for question, key, low, high in answers(cells, results):
            count(found[question], truths[question][key], key, low, high)
    return found


def within(cell: CellValues, first: int, deals: int) -> CellValues:
    """Return the cell as it is if only ``deals`` deals from ``first`` on were played."""
    all_deals = cell.observations
    kept = (all_deals.deals >= first) & (all_deals.deals < first + deals)
    part = replace(all_deals, deals=all_deals.deals[kept], values=all_deals.values[kept])
    return replace(cell, observations=part)


def answers(cells: Sequence[CellValues], results: Played) -> Iterator[Answer]:
    """Yield what the tables say about these cells: the numbers that ``fill_statistics`` stores."""
    games = defaultdict[tuple[str, str], list[CellValues]](list)
    for cell in cells:
        low, high, _ = ends(cell.interval)
        yield "heads", (cell.game, cell.agent, cell.others[0]), low, high
        games[cell.game, cell.agent].append(cell)
    pooled = {key: Pooled.of(parts) for key, parts in games.items()}
    for (game, agent), each in pooled.items():
        low, high, _ = ends(each.interval)
        yield "games", (game, agent, None), low, high
    for agent in sorted({cell.agent for cell in cells if cell.scoring == WIN_LOSS}):
        low, high, _ = score_ends(agent, pooled)
        yield "scores", (None, agent, None), low, high
    for name, one, other, _, _, _, low, high, *_ in rows_of(
        compare_pairs(cells, results.comparable, results.spans)
    ):
        yield "pairs over games" if name is None else "pairs", (name, one, other), low, high


def tables(results: Played, block: str) -> Iterator[Answer]:
    """Yield what the tables say that are built from one block of deals alone."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "gamegrid.duckdb"
        build(path, workflow.rows(results.made), Sources(chunks=results.blocks[block]))
        with duckdb.connect(str(path), read_only=True) as database:
            for question, query in QUERIES.items():
                for game, agent, other, low, high in database.execute(query).fetchall():
                    yield question, (game, agent, other), low, high


def count(found: Found, truth: float, key: Key, low: float | None, high: float | None) -> None:
    """Count one interval."""
    if low is None or high is None:
        found.without += 1
        return
    found.intervals += 1
    found.width += (high - low) / 2
    if low - 1e-9 <= truth <= high + 1e-9:
        found.covered += 1
    else:
        found.missed[key] += 1


def exact(made: Plan) -> dict[str, dict[Key, float]]:
    """Return the truth of every question, by enumeration."""
    heads = dict(_heads(made))
    agents = sorted(made.config.agents)
    games: dict[Key, float] = {
        (game.name, agent, None): _mean(heads[game.name, agent, o] for o in agents if o != agent)
        for game in made.grid.games
        for agent in agents
    }
    pairs: dict[Key, float] = {
        (game.name, one, other): _mean(
            heads[game.name, one, other if third == one else third]
            - heads[game.name, other, one if third == one else third]
            for third in agents
            if third != other
        )
        for game in made.grid.games
        for one in agents
        for other in agents
        if one < other
    }
    return {
        "heads": heads,
        "games": games,
        "scores": _over_games(made, games),
        "pairs": pairs,
        "pairs over games": _over_games(made, pairs),
    }


def _heads(made: Plan) -> Iterator[tuple[Key, float]]:
    """Yield the expected result of each agent against each other, over its seats."""
    for cell in made.grid.cells:
        policies = {}
        for name in cell.matchup.agents:
            settings = made.config.agents[name]
            policy = kinds()[settings.type].policy
            assert policy is not None, name
            policies[name] = policy(settings, cell.game)
        rows = expectations(made, cell, policies)
        for name in cell.matchup.agents:
            (other,) = set(cell.matchup.agents) - {name}
            mine = [row for row in rows if row.agent == name]
            seats = {row.seat for row in mine}
            yield (
                (cell.game.name, name, other),
                sum(row.result * row.chance for row in mine) / len(seats),
            )


def _over_games(made: Plan, by_game: Mapping[Key, float]) -> dict[Key, float]:
    """Return means over families of the means over their games."""
    families = defaultdict[str, list[str]](list)
    for game in made.grid.games:
        families[game.family].append(game.name)
    return {
        (None, one, other): _mean(
            _mean(by_game[name, one, other] for name in names) for names in families.values()
        )
        for _, one, other in by_game
    }


def _mean(values: Iterator[float]) -> float:
    known = list(values)
    return sum(known) / len(known)

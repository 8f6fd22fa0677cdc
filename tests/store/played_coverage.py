"""How often the intervals of the tables cover the truth, end to end: bots play, tables are built.

A set of results is a grid of bots in its own deals. The sets of one grid are independent of each
other, because they are different deals of one seed. The truth comes from enumeration of the bots'
policies over all openings and chance events, except for ratings, which have those of all sets
together.
"""

import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
from gamegrid.store.database import Sources, build

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

HEADS = "SELECT game, agent, opponent, low, high FROM head_to_head"
GAMES = "SELECT game, agent, NULL, low, high FROM per_game"
SCORES = "SELECT NULL, agent, NULL, score_low, score_high FROM leaderboard WHERE score IS NOT NULL"
PAIRS = "SELECT game, agent, rival, low, high FROM paired WHERE game IS NOT NULL"
OVER_GAMES = "SELECT NULL, agent, rival, low, high FROM paired WHERE game IS NULL"
RATINGS = (
    "SELECT NULL, agent, NULL, rating_low, rating_high FROM leaderboard WHERE rating IS NOT NULL"
)
QUESTIONS = MappingProxyType(
    {
        "heads": HEADS,
        "games": GAMES,
        "scores": SCORES,
        "pairs": PAIRS,
        "pairs over games": OVER_GAMES,
        "ratings": RATINGS,
    }
)

Key = tuple[str | None, str, str | None]
"""Game, agent and the other agent, as in the queries."""


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


def coverage(
    grid: Grid, deals: int, sets: int, seed: int, questions: Sequence[str] = tuple(QUESTIONS)
) -> dict[str, Found]:
    """Play ``sets`` sets of ``deals`` deals and compare the tables' intervals with the truth."""
    found: dict[str, Found] = defaultdict(Found)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made, chunks = played(folder, grid, deals, sets, seed)
        rows, truths = workflow.rows(made), exact(made)
        if "ratings" in questions:
            every = [path for block in chunks for path in block]
            build(folder / "all.duckdb", rows, Sources(chunks=every))
            truths["ratings"] = ratings(folder / "all.duckdb")
        for block in chunks:
            build(folder / "gamegrid.duckdb", rows, Sources(chunks=block))
            with duckdb.connect(str(folder / "gamegrid.duckdb"), read_only=True) as database:
                for question in questions:
                    for *key, low, high in database.execute(QUESTIONS[question]).fetchall():
                        count(found[question], truths[question], tuple(key), low, high)
    return found


def count(
    found: Found, truths: Mapping[Key, float], key: Any, low: float | None, high: float | None
) -> None:
    """Count one row of a table."""
    if low is None or high is None:
        found.without += 1
        return
    found.intervals += 1
    found.width += (high - low) / 2
    if low - 1e-9 <= truths[key] <= high + 1e-9:
        found.covered += 1
    else:
        found.missed[key] += 1


def played(
    folder: Path, grid: Grid, deals: int, sets: int, seed: int
) -> tuple[Plan, list[list[Path]]]:
    """Play all sets as jobs; return the plan and the chunk files of each set."""
    raw = {
        "seed": seed, "games": list(grid.games), "deals": deals * sets, "chunk": deals,
        "agents": dict(grid.agents), "opening_plies": grid.opening_plies,
    }  # fmt: skip
    made, blocks = plan.make(raw, folder), defaultdict[str, list[Path]](list)
    for chunk in made.chunks:
        output = folder / "results/chunks" / f"{chunk.path}.parquet"
        play_chunk(
            Job(config=raw, game=chunk.cell.game.name, matchup=chunk.cell.matchup.name,
                block=chunk.block, results=folder / "results", output=output, threads=1)
        )  # fmt: skip
        blocks[chunk.block].append(output)
    return made, list(blocks.values())


def exact(made: Plan) -> dict[str, dict[Key, float]]:
    """Return the truth of every question but ratings, by enumeration."""
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


def ratings(database: Path) -> dict[Key, float]:
    """Return the ratings of a database."""
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute("SELECT agent, rating FROM leaderboard").fetchall()
    return {(None, agent, None): rating for agent, rating in rows}


def _mean(values: Iterator[float]) -> float:
    known = list(values)
    return sum(known) / len(known)

"""What a grid will take before anything is bought: jobs, episodes, calls, tokens, money.

Calls and prompt tokens come from episodes in which every seat moves at random: each prompt is built
as a model would get it, and not sent. Completion tokens are the mean of the replies on file of the
same agent where there are any, else the agent's ``max_tokens``.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from gamegrid.agents.llm import Settings
from gamegrid.backends import prices
from gamegrid.plan.plan import Alone, Plan
from gamegrid.plan.probes import probes
from gamegrid.play.expected_usage import turns
from gamegrid.records.journal import files, read

WANTED = 0.1
"""A difference in score worth knowing of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one agent's calls of the whole grid come to, those on file included.

    ``completion_tokens`` is None where nothing bounds them: no reply on file and no ``max_tokens``.
    ``usd`` is None where a price or the tokens are unknown.
    """

    agent: str
    model: str
    calls: float
    on_file: int
    prompt_tokens: float
    completion_tokens: float | None
    local: bool
    """True for a model that runs here, which nobody sells by the token."""
    measured: bool
    """True if ``completion_tokens`` rests on replies, False if it is the limit."""
    usd: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """The whole grid. A job is finished when its file is there. Single moves are episodes too."""

    jobs: int
    finished_jobs: int
    episodes: int
    finished_episodes: int
    deals: int
    """Per matchup and game."""
    costs: tuple[Cost, ...]
    absences: tuple[str, ...]


def estimate(made: Plan, results: Path) -> Estimate:
    """Look at the grid and at what is in ``results``. Asks no model."""
    chunks = {chunk: results / "chunks" / f"{chunk.path}.parquet" for chunk in made.chunks}
    finished = [chunk for chunk, path in chunks.items() if path.exists()]
    asked = asked_alone(made, results)
    answered = [path for path in asked if path.exists()]
    return Estimate(
        jobs=len(chunks) + len(asked),
        finished_jobs=len(finished) + len(answered),
        episodes=sum(made.episodes(chunk) for chunk in chunks) + sum(asked.values()),
        finished_episodes=sum(made.episodes(chunk) for chunk in finished)
        + sum(asked[path] for path in answered),
        deals=made.config.deals,
        costs=tuple(_costs(made, results)),
        absences=tuple(
            f"{out.agent} sits out {out.game.name}: {out.reason}" for out in made.grid.absences
        ),
    )


def asked_alone(made: Plan, results: Path) -> Mapping[Path, int]:
    """The files of jobs that ask for single moves, and how many histories they ask from."""
    found = {}
    for (asked, game, agent), cell in made.alone_cells.items():
        match asked:
            case Alone.POSITIONS:
                histories = made.config.positions
            case Alone.PROBES:
                histories = made.samples(agent) * len(probes(cell.game))
        found[results / asked / game / f"{agent}.parquet"] = histories
    return found


def _moves(made: Plan, agent: str) -> Mapping[str, int]:
    """How many single moves an agent is asked for, by game."""
    found = {}
    for (asked, game, name), cell in made.alone_cells.items():
        if name != agent:
            continue
        match asked:
            case Alone.POSITIONS:
                found[game] = made.config.positions
            case Alone.PROBES:
                found[game] = made.samples(agent) * sum(p.asked for p in probes(cell.game))
    return found


def _costs(made: Plan, results: Path) -> Iterable[Cost]:
    seats = _seats(made)
    on_file = _on_file(made, results)
    for agent in made.models:
        played = {game: count for (name, game), count in seats.items() if name == agent}
        asked = _moves(made, agent)
        if not played and not asked:
            continue
        taken = {game: turns(made, agent, made.games[game]) for game in {*played, *asked}}
        yield _cost(
            made,
            agent,
            calls=sum(count * taken[game].calls for game, count in played.items())
            + sum(asked.values()),
            prompt_tokens=sum(count * taken[game].prompt_tokens for game, count in played.items())
            + sum(
                count * taken[game].prompt_tokens / taken[game].calls
                for game, count in asked.items()
            ),
            seen=on_file[agent],
        )


def _cost(
    made: Plan, agent: str, *, calls: float, prompt_tokens: float, seen: Sequence[int | None]
) -> Cost:
    settings, model = made.config.agents[agent], made.models[agent]
    assert isinstance(settings, Settings)
    stated = [tokens for tokens in seen if tokens is not None]
    each = mean(stated) if stated else settings.max_tokens
    completion = None if each is None else each * calls
    price = prices.find(model.entry)
    usd = None
    if completion is not None and price.input is not None and price.output is not None:
        usd = (prompt_tokens * price.input + completion * price.output) / 1e6
    return Cost(
        agent=agent,
        model=settings.model,
        calls=calls,
        on_file=len(seen),
        prompt_tokens=prompt_tokens,
        completion_tokens=completion,
        local=not model.kind.capabilities.hosted,
        measured=bool(stated),
        usd=usd,
    )


def _seats(made: Plan) -> Mapping[tuple[str, str], int]:
    """How many seats each agent takes in each game, over all deals and seatings."""
    found = defaultdict[tuple[str, str], int](int)
    for cell in made.grid.cells:
        for seating in cell.matchup.seatings(made.config.seatings):
            for agent in seating:
                found[agent, cell.game.name] += made.config.deals
    return found


def _on_file(made: Plan, results: Path) -> Mapping[str, list[int | None]]:
    """The completion tokens of each agent's replies on file, in the cells of the grid.

    A line names the model, not the agent: two agents of one model in one matchup are told apart by
    their seat, which the seating gives.
    """
    found = defaultdict[str, list[int | None]](list)
    for cell in made.grid.cells:
        seatings = cell.matchup.seatings(made.config.seatings)
        for path in files(results / "journal" / cell.game.name / cell.matchup.name):
            for line in read(path):
                key = json.loads(line.key)
                if key["seating"] < len(seatings) and key["deal"] < made.config.deals:
                    agent = seatings[key["seating"]][key["seat"]]
                    found[agent].append(line.completion.usage.completion_tokens)
    for _, game, agent in made.alone_cells:
        for path in files(results / "journal" / game / agent):
            found[agent] += [line.completion.usage.completion_tokens for line in read(path)]
    return found


def text(found: Estimate) -> str:
    """Say it to a person."""
    lines = [
        f"jobs: {found.jobs}, of which {found.finished_jobs} are finished",
        f"episodes: {found.episodes}, of which {found.finished_episodes} are finished",
    ]
    for cost in found.costs:
        lines.append(_line(cost))
    if found.costs:
        lines.append(_money(found.costs))
    lines.append(_resolution(found.deals))
    lines += found.absences
    return "\n".join(lines)


def _resolution(deals: int) -> str:
    """What so many deals can show of two agents in one game, whatever the game."""
    from gamegrid.stats.power import (
        DIFFERENCE_SD,
        POWER,
        deals_needed,
        expected_share_half_width,
        resolvable_difference,
    )

    smallest = resolvable_difference(deals) if deals > 1 else None
    told = "from no difference in score"
    if smallest is not None and smallest <= 1:
        told = f"from a difference in score of {smallest:.2f} on"
    known = f"; a score is known to ±{expected_share_half_width(deals):.2f}" if deals > 1 else ""
    return (
        f"resolution with deals: {deals}: two agents are told apart in one game {told} "
        f"({POWER:.0%} power, deals varying as much as they can, SD {DIFFERENCE_SD:g}); "
        f"a difference of {WANTED} takes deals: {deals_needed(WANTED)}{known}"
    )


def _line(cost: Cost) -> str:
    if cost.completion_tokens is None:
        completion = "completion tokens unknown (no max_tokens, no reply on file)"
    else:
        basis = "as in the replies on file" if cost.measured else "at most, by max_tokens"
        completion = f"{cost.completion_tokens:,.0f} completion tokens ({basis})"
    return (
        f"{cost.agent} ({cost.model}): about {cost.calls:,.0f} calls without rethinks, "
        f"{cost.on_file:,} on file; {cost.prompt_tokens:,.0f} prompt and {completion}; "
        f"{_price(cost)}"
    )


def _price(cost: Cost) -> str:
    if cost.usd is not None:
        return f"{cost.usd:,.2f} USD"
    return "runs here" if cost.local else "price unknown"


def _money(costs: Sequence[Cost]) -> str:
    bought = [cost for cost in costs if cost.usd is not None or not cost.local]
    known = [cost.usd for cost in bought if cost.usd is not None]
    unknown = [cost.agent for cost in bought if cost.usd is None]
    if not bought:
        return "money: nothing is bought"
    said = f"money: about {sum(known):,.2f} USD for the whole grid"
    return f"{said}, without {', '.join(unknown)} (unknown)" if unknown else said

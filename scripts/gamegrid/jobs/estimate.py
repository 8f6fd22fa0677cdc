"""Estimate what a grid will take: jobs, episodes, calls, tokens and money. Asks no model.

Calls and prompt tokens come from episodes of random moves, whose prompts are built and not sent.
Completion tokens are the mean of the agent's replies on file if it has any, else its
``max_tokens``.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from gamegrid.agents.llm import LlmSettings
from gamegrid.backends import prices
from gamegrid.backends.backend import Decode, shallow
from gamegrid.backends.billing import reply_limit
from gamegrid.backends.tariff import Tariff
from gamegrid.config.models import Model
from gamegrid.plan.plan import Plan
from gamegrid.play.expected_usage import Turns, turns
from gamegrid.records.journal import files, read


@dataclass(frozen=True, slots=True)
class DealCost:
    """What one more deal of a game asks of an agent, against all its opponents."""

    calls: float
    usd: float | None
    """None if a price or the tokens are unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """The calls of one agent in the whole grid, including those on file.

    ``completion_tokens`` is None if there is neither a reply on file nor ``max_tokens``. ``usd`` is
    None if a price or the tokens are unknown.
    """

    agent: str
    model: str
    calls: float
    on_file: int
    prompt_tokens: float
    completion_tokens: float | None
    local: bool
    """True for a model that the job itself runs, which has no price per token."""
    measured: bool
    """True if ``completion_tokens`` comes from replies, False if it is the limit."""
    usd: float | None
    most_usd: float | None
    """The worst price of one request, which ``budget_usd`` reserves; None if it is unknown."""
    per_deal: Mapping[str, DealCost]
    """By name of the games in which it plays episodes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """The whole grid. A job is finished if its file exists. Single moves count as episodes."""

    jobs: int
    finished_jobs: int
    episodes: int
    finished_episodes: int
    costs: tuple[Cost, ...]
    budget_usd: float | None
    absences: tuple[str, ...]


def estimate(plan: Plan, results: Path) -> Estimate:
    """Estimate the whole grid, and count what ``results`` holds of it."""
    planned = episodes_by_file(plan, results)
    finished = [file for file in planned if file.exists()]
    return Estimate(
        jobs=len(planned),
        finished_jobs=len(finished),
        episodes=sum(planned.values()),
        finished_episodes=sum(planned[file] for file in finished),
        costs=tuple(_costs(plan, results)),
        budget_usd=plan.config.budget_usd,
        absences=tuple(
            f"{out.agent} sits out {out.game.name}: {out.reason}" for out in plan.grid.absences
        ),
    )


def episodes_by_file(plan: Plan, results: Path) -> Mapping[Path, int]:
    """Return how many episodes or single moves each chunk file of a finished grid holds."""
    chunks = {results / chunk.file: chunk.episodes(plan.config.seatings) for chunk in plan.chunks}
    return chunks | {results / moves.file: moves.episodes for moves in plan.single_moves.values()}


def _single_moves(plan: Plan, agent: str) -> Mapping[str, int]:
    """Return how many single moves an agent is asked for, by game."""
    counts = defaultdict[str, int](int)
    for moves in plan.single_moves.values():
        if moves.agent == agent:
            counts[moves.game.name] += moves.decisions
    return counts


def _costs(plan: Plan, results: Path) -> Iterable[Cost]:
    seats = _seats(plan)
    on_file = _on_file(plan, results)
    for agent in plan.models:
        played = {game: count for (name, game), count in seats.items() if name == agent}
        single = _single_moves(plan, agent)
        if not played and not single:
            continue
        taken = {
            game: turns(plan, agent, plan.grid.game_named[game]) for game in {*played, *single}
        }
        yield _cost(plan, agent, played, single, taken, on_file[agent])


def _cost(
    plan: Plan,
    agent: str,
    played: Mapping[str, int],
    single: Mapping[str, int],
    taken: Mapping[str, Turns],
    seen: Sequence[int | None],
) -> Cost:
    """Return the cost of an agent with ``played`` seats and ``single`` moves by game."""
    settings, model = plan.config.agents[agent], plan.models[agent]
    assert isinstance(settings, LlmSettings)
    stated = [tokens for tokens in seen if tokens is not None]
    each = mean(stated) if stated else settings.max_tokens
    price = prices.find(model.entry)

    def usd(calls: float, prompt_tokens: float) -> float | None:
        if each is None or price.input is None or price.output is None:
            return None
        return (prompt_tokens * price.input + each * calls * price.output) / 1e6

    calls = sum(count * taken[game].calls for game, count in played.items()) + sum(single.values())
    prompt_tokens = sum(count * taken[game].prompt_tokens for game, count in played.items()) + sum(
        count * taken[game].prompt_tokens / taken[game].calls for game, count in single.items()
    )
    return Cost(
        agent=agent,
        model=settings.model,
        calls=calls,
        on_file=len(seen),
        prompt_tokens=prompt_tokens,
        completion_tokens=None if each is None else each * calls,
        local=not model.kind.capabilities.hosted,
        measured=bool(stated),
        usd=usd(calls, prompt_tokens),
        most_usd=_most_usd(
            settings, model, max(each_game.most_prompt_tokens for each_game in taken.values())
        ),
        per_deal={
            game: DealCost(
                (sat := count / plan.config.deals) * taken[game].calls,
                usd(sat * taken[game].calls, sat * taken[game].prompt_tokens),
            )
            for game, count in played.items()
        },
    )


def _most_usd(settings: LlmSettings, model: Model, prompt_tokens: int) -> float | None:
    """Return the worst price of one request; None if a price or the limit on replies is unknown."""
    price = prices.find(model.entry).highest()
    if price is None:
        return None
    tariff = Tariff(price, prices.most_tokens(model.entry))
    sampling = shallow(settings.sampling(seed=None))
    reply = reply_limit(sampling, Decode(settings.decode), tariff)
    return None if reply is None else price.most_usd(prompt_tokens, reply)


def _seats(plan: Plan) -> Mapping[tuple[str, str], int]:
    """Return how many seats each agent takes in each game, over all deals and seatings."""
    seats = defaultdict[tuple[str, str], int](int)
    for cell in plan.grid.cells:
        for seating in cell.matchup.seatings(plan.config.seatings):
            for agent in seating:
                seats[agent, cell.game.name] += plan.config.deals
    return seats


def _on_file(plan: Plan, results: Path) -> Mapping[str, list[int | None]]:
    """Return the completion tokens of each agent's replies on file, in the cells of the grid.

    A line of the journal names the model, not the agent. Its seating and seat name the agent.
    """
    tokens = defaultdict[str, list[int | None]](list)
    for cell in plan.grid.cells:
        seatings = cell.matchup.seatings(plan.config.seatings)
        for path in files(results / "journal" / cell.game.name / cell.matchup.name):
            for line in read(path):
                key = json.loads(line.key)
                if key["seating"] < len(seatings) and key["deal"] < plan.config.deals:
                    agent = seatings[key["seating"]][key["seat"]]
                    tokens[agent].append(line.completion.usage.completion_tokens)
    # Positions and probes of one agent in one game never meet: a game has one oracle.
    for _, game, agent in plan.single_moves:
        for path in files(results / "journal" / game / agent):
            tokens[agent] += [line.completion.usage.completion_tokens for line in read(path)]
    return tokens


def text(estimated: Estimate) -> str:
    """Return the estimate in lines of text."""
    lines = [
        f"jobs: {estimated.jobs}, of which {estimated.finished_jobs} are finished",
        f"episodes: {estimated.episodes}, of which {estimated.finished_episodes} are finished",
    ]
    for cost in estimated.costs:
        lines.append(_line(cost))
    if estimated.costs:
        lines.append(_money(estimated.costs))
    lines += _too_dear(estimated)
    lines += estimated.absences
    return "\n".join(lines)


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
    most = f"at most {cost.most_usd:.2g} USD a request" if cost.most_usd else None
    if cost.usd is not None:
        said = f"{cost.usd:,.2f} USD"
        return f"{said}, {most}" if most else said
    if most:
        return most
    return "runs here" if cost.local else "price unknown"


def _too_dear(estimated: Estimate) -> list[str]:
    """Name the agents of which the budget does not pay for a single request."""
    limit = estimated.budget_usd
    if limit is None:
        return []
    dear = [cost.agent for cost in estimated.costs if (cost.most_usd or 0.0) > limit]
    sentence = "budget_usd: {} pays for no request of {} at its worst price; nothing would be sent"
    return [sentence.format(f"{limit:g}", ", ".join(dear))] if dear else []


def _money(costs: Sequence[Cost]) -> str:
    bought = [cost for cost in costs if cost.usd is not None or not cost.local]
    known = [cost.usd for cost in bought if cost.usd is not None]
    unknown = [cost.agent for cost in bought if cost.usd is None]
    if not bought:
        return "money: nothing is bought"
    said = f"money: about {sum(known):,.2f} USD for the whole grid"
    return f"{said}, without {', '.join(unknown)} (unknown)" if unknown else said

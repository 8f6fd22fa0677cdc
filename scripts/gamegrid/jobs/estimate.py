"""Estimate what a grid will take and what is left to buy: calls, tokens, money. Asks no model.

Calls and prompt tokens come from episodes of random moves, whose prompts are built and not sent.
Completion tokens are the mean of the agent's replies on file if it has any, else its
``max_tokens``. Of a chunk that Snakemake would make anew, the replies on file count that fit the
settings of now.
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
from gamegrid.jobs import changes, replies
from gamegrid.jobs.absent import absences
from gamegrid.jobs.staleness import Standing, State, Work, params, standings, works
from gamegrid.plan.grid import Chunk
from gamegrid.plan.plan import Plan
from gamegrid.play.expected_usage import Turns, turns
from gamegrid.records.progress import read as read_progress
from gamegrid.terminal import duration


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
    """Replies on file, whatever their settings."""
    left: float
    """Calls still to be made."""
    left_usd: float | None
    """The price of these; None if a price or the tokens are unknown."""
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
    """The whole grid.

    A job is finished if a run leaves its file alone. Single moves count as episodes.
    ``seconds_a_call`` is the pace of one job so far; None before the first replies.
    """

    chunks: int
    finished_chunks: int
    episodes: int
    finished_episodes: int
    costs: tuple[Cost, ...]
    budget_usd: float | None
    about: tuple[str, ...]
    """A line that says what the numbers are about, unless it is the whole grid."""
    absences: str
    seconds_a_call: float | None


def estimate(plan: Plan, results: Path) -> Estimate:
    """Estimate the whole grid, and count what ``results`` holds of it."""
    planned, found = episodes_by_file(plan, results), standings(plan, results)
    finished = [results / file for file, each in found.items() if each.state is State.CURRENT]
    return Estimate(
        chunks=len(planned),
        finished_chunks=len(finished),
        episodes=sum(planned.values()),
        finished_episodes=sum(planned[file] for file in finished),
        costs=tuple(_costs(plan, results, found)),
        budget_usd=plan.budget_usd,
        about=tuple(plan.about),
        absences=absences(plan),
        seconds_a_call=_pace(plan, results),
    )


def _pace(plan: Plan, results: Path) -> float | None:
    """Return the seconds a job took for each reply that it bought; None if none has bought any."""
    states = [read_progress(results / "progress" / f"{work.path}.json") for work in works(plan)]
    buying = [state for state in states if state and state.asked]
    asked = sum(state.asked for state in buying)
    return sum(state.elapsed_s for state in buying) / asked if asked else None


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


def _costs(plan: Plan, results: Path, found: Mapping[str, Standing]) -> Iterable[Cost]:
    seats = _seats(plan)
    taken = {
        (agent, game): turns(plan, agent, plan.grid.game_named[game])
        for agent, game in {*seats, *((name, game) for _, game, name in plan.single_moves)}
        if agent in plan.models
    }
    on_file, left = _on_file(plan, results, found, taken)
    for agent in plan.models:
        played = {game: count for (name, game), count in seats.items() if name == agent}
        single = _single_moves(plan, agent)
        if not played and not single:
            continue
        own = {game: taken[agent, game] for game in {*played, *single}}
        yield _cost(plan, agent, played, single, own, on_file[agent], left[agent])


def _cost(
    plan: Plan,
    agent: str,
    played: Mapping[str, int],
    single: Mapping[str, int],
    taken: Mapping[str, Turns],
    seen: Sequence[int | None],
    left: float,
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
        left=left,
        left_usd=usd(left, prompt_tokens * left / calls),
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
                (sat := count / len(plan.deals(plan.grid.game_named[game]))) * taken[game].calls,
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
                seats[agent, cell.game.name] += len(plan.deals(cell.game))
    return seats


def _on_file(
    plan: Plan,
    results: Path,
    found: Mapping[str, Standing],
    taken: Mapping[tuple[str, str], Turns],
) -> tuple[Mapping[str, list[int | None]], Mapping[str, float]]:
    """Return the completion tokens of each agent's replies on file, and its calls still to make."""
    tokens, left = defaultdict[str, list[int | None]](list), defaultdict[str, float](float)
    for work in works(plan):
        needed = _needed(plan, work, taken)
        if not needed:
            continue
        filed = list(replies.of_cell(plan, results, work))
        for each in filed:
            tokens[each.agent].append(each.line.completion.usage.completion_tokens)
        share = _share_left(plan, work, found[work.file], needed, replies.counts(filed))
        for agent, calls in needed.items():
            left[agent] += share * calls
    return tokens, left


def _needed(plan: Plan, work: Work, taken: Mapping[tuple[str, str], Turns]) -> Mapping[str, float]:
    """Return the calls of a whole job, by the agents that are models."""
    needed = defaultdict[str, float](float)
    if not isinstance(work, Chunk):
        return {work.agent: float(work.decisions)} if work.agent in plan.models else {}
    for seating in work.cell.matchup.seatings(plan.config.seatings):
        for agent in seating:
            if agent in plan.models:
                calls = taken[agent, work.cell.game.name].calls
                needed[agent] += (work.stop - work.start) * calls
    return needed


def calls_of(plan: Plan, some: Sequence[Work]) -> float:
    """Return the calls of whole jobs, without rethinks. Each agent plays each game at random."""
    games = {work.cell.game.name: work.cell.game for work in some}
    played = {
        (name, work.cell.game.name)
        for work in some
        if isinstance(work, Chunk)
        for name in work.cell.matchup.agents
        if name in plan.models
    }
    taken = {(name, game): turns(plan, name, games[game]) for name, game in played}
    return sum(sum(_needed(plan, work, taken).values()) for work in some)


def _share_left(
    plan: Plan,
    work: Work,
    standing: Standing,
    needed: Mapping[str, float],
    fitting: Mapping[str, int],
) -> float:
    """Return the share of a job's calls that is still to be made.

    One agent's new moves lead the others to new positions, so the agent that lacks most decides.
    """
    if standing.state is State.CURRENT:
        return 0.0
    if standing.state is State.STALE:
        before = changes.settings(standing.before or "")
        if before is None or not replies.only_requests_differ(
            before, json.loads(params(plan, work))
        ):
            return 1.0
    return max(1 - min(1.0, fitting[agent] / calls) for agent, calls in needed.items())


def text(estimated: Estimate) -> str:
    """Return what the whole grid takes, in lines of text."""
    lines = [*estimated.about, *map(_line, estimated.costs)]
    if estimated.costs:
        lines.append(_money(estimated.costs, "this shard" if estimated.about else "the whole grid"))
    lines += _too_dear(estimated)
    return "\n".join(lines)


def ending(estimated: Estimate) -> str:
    """Return what matters most, in the last lines: who sits out, and what is left to do and buy."""
    lines = [f"sitting out: {estimated.absences}"] if estimated.absences else []
    lines.append(
        f"finished: {estimated.finished_episodes:,} of {estimated.episodes:,} episodes, "
        f"{estimated.finished_chunks:,} of {estimated.chunks:,} chunks"
    )
    return "\n".join([*lines, still_to_buy(estimated)])


def still_to_buy(estimated: Estimate) -> str:
    """Return the calls, the money and the time that are left, in one sentence."""
    calls = round(sum(cost.left for cost in estimated.costs))
    if not calls:
        return "Still to buy: nothing."
    said = [f"{calls:,} call{'' if calls == 1 else 's'}"]
    here = round(sum(cost.left for cost in estimated.costs if cost.local))
    if here:
        said.append(f"{'all' if here == calls else f'{here:,}'} of models that run here")
    bought = [cost for cost in estimated.costs if cost.left and not cost.local]
    known = [cost.left_usd for cost in bought if cost.left_usd is not None]
    if known:
        said.append(f"{sum(known):,.2f} USD")
    if unknown := [cost.agent for cost in bought if cost.left_usd is None]:
        said.append(f"the price of {', '.join(unknown)} is unknown")
    if estimated.seconds_a_call is None:
        said.append("the time is unknown before the first replies")
    else:
        said.append(f"about {duration(calls * estimated.seconds_a_call)} at one job at a time")
    return f"Still to buy: {', '.join(said)}."


def _line(cost: Cost) -> str:
    if cost.completion_tokens is None:
        completion = "an unknown number of completion tokens (no max_tokens, no reply on file)"
    else:
        basis = "as in the replies on file" if cost.measured else "at most, by max_tokens"
        completion = f"{cost.completion_tokens:,.0f} completion tokens ({basis})"
    return (
        f"{cost.agent} ({cost.model}): about {cost.calls:,.0f} calls without rethinks, "
        f"{cost.on_file:,} on file; {cost.prompt_tokens:,.0f} prompt tokens and {completion}; "
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


def _money(costs: Sequence[Cost], played: str) -> str:
    bought = [cost for cost in costs if cost.usd is not None or not cost.local]
    known = [cost.usd for cost in bought if cost.usd is not None]
    unknown = [cost.agent for cost in bought if cost.usd is None]
    if not bought:
        return "money: none, since all models run here"
    if not known:
        return f"money: unknown for {', '.join(unknown)}"
    said = f"money: about {sum(known):,.2f} USD for {played}"
    return f"{said}, without {', '.join(unknown)} (unknown)" if unknown else said

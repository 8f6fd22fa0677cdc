"""Stop a job if the first turns of a model bring no move of its own (``give_up_after``).

Until every model of the job has made a move of its own, its deals are played one after another, in
order. So the deal after which the job stops depends on the replies alone, never on which of them
came first: a replay stops where the first run did, and a rerun buys nothing. With the first move of
its own, a model has passed for good, and deals are played side by side.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gamegrid.agents.agent import Agent, Decision, Player, Turn
from gamegrid.luck import Place
from gamegrid.play.episode import Setup
from gamegrid.records.failure_advice import ADVICE, WORDS
from gamegrid.records.record_types import (
    OWN,
    CallRecord,
    EpisodeRecord,
    EpisodeStatus,
    Failure,
    Task,
)

SHOWN = 80
"""Characters of a typical reply that are shown."""


@dataclass(slots=True)
class _Tally:
    """The turns of a model without a move of its own, and the replies of those played here."""

    turns: int = 0
    replies: int = 0
    failures: Counter[Failure] = field(default_factory=Counter)
    examples: dict[Failure, CallRecord] = field(default_factory=dict)

    def add(self, calls: Iterable[CallRecord]) -> None:
        """Count a turn and its replies."""
        self.turns += 1
        for call in calls:
            self.replies += 1
            if call.failure is not None:
                self.failures[call.failure] += 1
                self.examples.setdefault(call.failure, call)


class FirstTurns:
    """Whether the deals of one job are played. All calls come from one event loop."""

    def __init__(self, limit: int | None, models: Iterable[str], setups: Sequence[Setup]) -> None:
        """``limit``: turns without a move of its own after which a model is given up, or None."""
        self._limit = limit
        self._untried = {} if limit is None else {name: _Tally() for name in sorted(models)}
        self._left = Counter(_unit(setup) for setup in setups)
        self._place = {unit: place for place, unit in enumerate(self._left)}
        self._first_open = 0
        self._errors = False
        self._changed = asyncio.Condition()
        self._stopped: str | None = None
        """Why no further deal is played; None as long as deals are played."""

    def known(self, turns: Iterable[tuple[str, int, int]]) -> None:
        """Count all turns on file: agent, turns, and how many of them are moves of its own."""
        for agent, number, own in turns:
            if agent in self._untried:
                if own:
                    del self._untried[agent]
                else:
                    self._untried[agent].turns += number
        self._judge()

    def watch(self, name: str, agent: Agent) -> Agent:
        """Return the agent, whose turns are counted if it is a model."""
        return _Watched(name, agent, self) if name in self._untried else agent

    async def refusal(self, setup: Setup) -> str | None:
        """Wait for the turn of an episode's deal. Return why it is not played; None if it is."""
        place = self._place[_unit(setup)]
        if not self._is_over():
            async with self._changed:
                await self._changed.wait_for(lambda: self._is_over() or place <= self._first_open)
        return self._stopped

    async def decided(self, agent: str, decision: Decision) -> None:
        """Count a turn of a model."""
        tally = self._untried.get(agent)
        if tally is None:
            return
        if decision.status not in OWN:
            tally.add(decision.calls)
            return
        del self._untried[agent]
        if self._is_over():
            await self._tell()

    async def ended(self, setup: Setup, episode: EpisodeRecord) -> None:
        """Note the end of an episode; at the end of its deal, judge and let the next one begin."""
        unit = _unit(setup)
        self._left[unit] -= 1
        # An error is no fault of the model. Further deals show it soon if they need not queue.
        self._errors = self._errors or episode.status is EpisodeStatus.ERROR
        if self._is_over() and not self._errors:
            return
        if not self._left[unit]:
            self._first_open = max(self._first_open, self._place[unit] + 1)
            self._judge()
        await self._tell()

    def _is_over(self) -> bool:
        """Whether no deal has to wait for another."""
        return self._stopped is not None or self._errors or not self._untried

    def _judge(self) -> None:
        for agent, tally in self._untried.items():
            if self._limit is not None and tally.turns >= self._limit and self._stopped is None:
                self._stopped = _reason(agent, tally)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()


@dataclass(frozen=True, slots=True)
class _Watched:
    """An agent whose turns are counted."""

    name: str
    inside: Agent
    turns: FirstTurns

    def sit(self, place: Place) -> Player:
        """Return the player for one seat of one episode."""
        return _WatchedPlayer(self.name, self.inside.sit(place), self.turns)


@dataclass(frozen=True, slots=True)
class _WatchedPlayer:
    name: str
    inside: Player
    turns: FirstTurns

    async def decide(self, turn: Turn) -> Decision:
        decision = await self.inside.decide(turn)
        await self.turns.decided(self.name, decision)
        return decision


def _unit(setup: Setup) -> tuple[int, int]:
    """Return what is played as a whole: a deal, or a single move."""
    return setup.deal, 0 if setup.task is Task.EPISODE else setup.seating


def _reason(agent: str, tally: _Tally) -> str:
    """Say what happened, what a typical reply looks like and what to change."""
    said = (
        f"give_up_after: the first {tally.turns} turns of {agent} brought no move of its own, so "
        f"this was not played"
    )
    advice = ""
    if tally.failures:
        [(failure, number)] = tally.failures.most_common(1)
        said += f". {number} of {tally.replies} replies were {WORDS[failure]}"
        if example := _shown(tally.examples[failure]):
            said += f", such as {example!r}"
        advice = f" {ADVICE[failure]}"
    return f"{said}.{advice} To play on all the same, set give_up_after: null."


def _shown(call: CallRecord) -> str:
    """Return the beginning of a reply on one line."""
    text = " ".join((call.reply.strip() or call.reasoning or "").split())
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."

"""One episode: the loop from the deal to the result, for every kind of OpenSpiel game."""

import asyncio
import json
import time
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar, assert_never

import pyspiel

from gamegrid.agents.agent import Agent, Decision, Player, Turn
from gamegrid.backends.backend import BackendError
from gamegrid.games.game import Game, Joint, Scoring, apply
from gamegrid.luck import Place
from gamegrid.plan.deals import Tape
from gamegrid.play import scoring
from gamegrid.records.record_types import (
    CallRecord,
    DecisionRecord,
    DecisionStatus,
    EpisodeRecord,
    EpisodeStatus,
    SeatRecord,
    Task,
    episode_id,
)

_Number = TypeVar("_Number", int, float)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """An episode before it is played.

    For single moves, ``deal`` and ``seating`` hold the numbers of position, probe and sample, as
    ``EpisodeRecord`` says.
    """

    task: Task = Task.EPISODE
    run_id: str
    seed: int
    game: Game
    matchup: str
    deal: int
    seating: int
    seats: tuple[str, ...]
    """Agent names by seat."""
    opening: tuple[Joint, ...]
    events: tuple[int, ...] | None = None
    """See ``Start``."""
    max_plies: int

    @property
    def episode_id(self) -> str:
        """An id that is unique within a results folder, whatever the task."""
        return episode_id(self.task, f"{self.game.name}:{self.matchup}", self.deal, self.seating)

    def place(self, seat: int) -> Place:
        """Return where one seat draws its luck."""
        return Place(
            seed=self.seed,
            game=self.game.luck_name,
            deal=self.deal,
            matchup=self.matchup,
            seating=self.seating,
            seat=seat,
        )


class Episode:
    """An episode in play. ``play`` runs it once, to its end or to a transport failure."""

    def __init__(self, setup: Setup, agents: Mapping[str, Agent]):
        self._setup = setup
        self._game = setup.game
        self._places = [setup.place(seat) for seat in range(len(setup.seats))]
        self._players: list[Player] = [
            agents[name].sit(place) for name, place in zip(setup.seats, self._places, strict=True)
        ]
        self._tape = Tape(setup.game, setup.seed, setup.deal, setup.events)
        self._state = setup.game.spiel.new_initial_state()
        self._trajectory: list[Joint] = []
        self._decisions: list[DecisionRecord] = []
        self._calls: list[CallRecord] = []
        self._mover: int | None = None
        self._ply = 0

    async def play(self) -> EpisodeRecord:
        """Play to the end. A transport failure gives status error and raises nothing."""
        began = time.monotonic()
        for step in self._setup.opening:
            self._apply(step)
        error = None
        try:
            status = await self._loop()
        except BackendError as trouble:
            status, error = EpisodeStatus.ERROR, str(trouble)
        return self._record(status, error, time.monotonic() - began)

    def not_played(self, reason: str) -> EpisodeRecord:
        """Return the record of an episode that is not played in this run."""
        return self._record(EpisodeStatus.ERROR, reason, 0.0)

    async def _loop(self) -> EpisodeStatus:
        while not self._state.is_terminal():
            if self._state.is_chance_node():
                self._apply(self._tape.resolve(self._state, self._mover))
                continue
            if self._ply >= self._setup.max_plies:
                return EpisodeStatus.TRUNCATED
            decisions = await self._decide(self._movers())
            actions = [decision.action for decision in decisions]
            if any(action is None for action in actions):
                return EpisodeStatus.FORFEITED
            moves = [action for action in actions if action is not None]
            self._apply(moves if self._state.is_simultaneous_node() else moves[0])
        return EpisodeStatus.COMPLETE

    def _movers(self) -> list[int]:
        """Return the seats that decide now: one, or all at once."""
        if self._state.is_simultaneous_node():
            return list(range(self._game.players))
        return [self._state.current_player()]

    async def _decide(self, seats: Sequence[int]) -> list[Decision]:
        """Ask the seats, all in the same state; a joint move is one ply."""
        turns = [self._turn(seat) for seat in seats]
        began = time.monotonic()
        tasks = [self._players[turn.place.seat].decide(turn) for turn in turns]
        decisions = [await tasks[0]] if len(tasks) == 1 else await _all(tasks)
        elapsed = time.monotonic() - began
        for turn, decision in zip(turns, decisions, strict=True):
            self._note(turn, decision, elapsed)
        self._ply += 1
        self._mover = seats[0] if len(seats) == 1 else None
        return decisions

    def _turn(self, seat: int) -> Turn:
        game, state = self._game, self._state
        place, observation = self._places[seat], game.observation(state, seat)
        return Turn(
            game=game,
            place=place,
            ply=self._ply,
            legal=tuple(state.legal_actions(seat)),
            labels=game.labels(state, seat),
            information_state=lambda: str(state.information_state_string(seat)),
            sample_state=lambda: self._sample(place),
            observation=lambda: observation,  # computed for bots too, whose records hold it
            history=lambda: tuple(game.history(self._trajectory, seat)),
            joint_moves=self._joint_moves,
            spellings=lambda: game.spellings(state, seat),
        )

    def _joint_moves(self) -> tuple[tuple[int, ...], ...]:
        if self._game.sequential or self._game.hidden_information:
            raise ValueError(f"{self._game.load_string} has no joint moves that every seat sees")
        return tuple(tuple(step) for step in self._trajectory if isinstance(step, list))

    def _sample(self, place: Place) -> pyspiel.State:
        if self._game.perfect_information:
            return self._state.clone()
        luck = place.draw(self._ply, "hidden")
        return self._game.resample(self._state, place.seat, luck.random)

    def _apply(self, step: Joint) -> None:
        self._trajectory.append(step)
        apply(self._state, step)

    def _note(self, turn: Turn, decision: Decision, elapsed: float) -> None:
        """Record a decision before it is applied to the state."""
        calls = decision.calls
        label = None
        if decision.action is not None:
            label = turn.labels[turn.legal.index(decision.action)]
        self._calls += calls
        self._decisions.append(
            DecisionRecord(
                ply=turn.ply,
                seat=turn.place.seat,
                agent=self._setup.seats[turn.place.seat],
                observation=turn.observation(),
                legal=_listed(turn.labels),
                action=decision.action,
                label=label,
                status=decision.status,
                attempts=len(calls),
                reasoning=decision.reasoning,
                latency_s=_total([c.latency_s for c in calls]) if calls else elapsed,
                prompt_tokens=_total([c.prompt_tokens for c in calls]),
                completion_tokens=_total([c.completion_tokens for c in calls]),
            )
        )

    def _record(self, status: EpisodeStatus, error: str | None, elapsed: float) -> EpisodeRecord:
        setup = self._setup
        return EpisodeRecord(
            episode_id=setup.episode_id,
            task=setup.task,
            run_id=setup.run_id,
            matchup=setup.matchup,
            game=setup.game.name,
            deal=setup.deal,
            seating=setup.seating,
            seed=setup.seed,
            status=status,
            plies=self._ply,
            trajectory=json.dumps(self._trajectory),
            duration_s=elapsed,
            error=error,
            seats=self._seats(status),
            decisions=tuple(self._decisions),
            calls=tuple(self._calls),
        )

    def _seats(self, status: EpisodeStatus) -> tuple[SeatRecord, ...]:
        complete = status is EpisodeStatus.COMPLETE
        returns = [float(r) for r in self._state.returns()] if complete else None
        scores, strict = self._scores(status, returns)
        strict_returns = self._strict_returns(status, returns)
        return tuple(
            SeatRecord(
                seat=seat,
                agent=name,
                return_=returns[seat] if returns else None,
                score=scores[seat] if scores else None,
                strict_score=strict[seat] if strict else None,
                strict_return=strict_returns[seat] if strict_returns else None,
                fallbacks=len(self._who(DecisionStatus.FALLBACK, seat)),
            )
            for seat, name in enumerate(self._setup.seats)
        )

    def _scores(
        self, status: EpisodeStatus, returns: list[float] | None
    ) -> tuple[scoring.Scores | None, scoring.Scores | None]:
        """Return the scores as played, and those if the first fallback counts as a forfeit."""
        if self._game.scoring is not Scoring.WIN_LOSS:
            return None, None
        seats = self._game.players
        match status:
            case EpisodeStatus.ERROR:
                return None, None
            case EpisodeStatus.COMPLETE:
                assert returns is not None
                scores = scoring.by_returns(returns)
            case EpisodeStatus.FORFEITED:
                scores = scoring.by_forfeit(seats, self._first(DecisionStatus.FORFEIT))
            case EpisodeStatus.TRUNCATED:
                scores = list(self._game.adjudicate(self._state))
            case other:
                assert_never(other)
        # Forfeits count too: in a joint move, one seat may forfeit while another falls back.
        failed = self._first(DecisionStatus.FALLBACK, DecisionStatus.FORFEIT)
        return scores, scoring.by_forfeit(seats, failed) if failed else scores

    def _strict_returns(
        self, status: EpisodeStatus, returns: list[float] | None
    ) -> list[float] | None:
        """Return the returns of a margin game if the first fallback counts as a forfeit."""
        if self._game.scoring is not Scoring.MARGIN or status is EpisodeStatus.ERROR:
            return None
        failed = self._first(DecisionStatus.FALLBACK, DecisionStatus.FORFEIT)
        if not failed:
            return returns
        worst = self._game.spiel.min_utility()
        return scoring.forfeit_returns(self._game.players, failed, worst)

    def _first(self, *statuses: DecisionStatus) -> set[int]:
        """Return the seats with one of ``statuses`` at the earliest ply that has any."""
        matching = [(d.ply, d.seat) for d in self._decisions if d.status in statuses]
        return {seat for ply, seat in matching if ply == matching[0][0]}

    def _who(self, status: DecisionStatus, seat: int) -> list[int]:
        """Return the plies at which ``seat`` has a decision of this status."""
        return [d.ply for d in self._decisions if d.status is status and d.seat == seat]


async def _all(tasks: Iterable[Awaitable[Decision]]) -> list[Decision]:
    """Await all even if one fails: the other replies are paid for and must be kept."""
    results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [result for result in results if not isinstance(result, BaseException)]


@lru_cache(maxsize=10_000)
def _listed(labels: tuple[str, ...]) -> str:
    """Encode labels as JSON; cached, since small games offer the same labels again and again."""
    return json.dumps(labels, ensure_ascii=False)


def _total(values: Sequence[_Number | None]) -> _Number | None:
    """Return the sum, or None if there is nothing to add or a part is unknown."""
    known = [value for value in values if value is not None]
    return sum(known[1:], known[0]) if known and len(known) == len(values) else None

"""What an agent is: a way to choose a move from what its seat may know."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Protocol

import pyspiel
from pydantic import BaseModel, ConfigDict, Field, JsonValue

import gamegrid.agents
from gamegrid import plugins
from gamegrid.backends.backend import RecordedCompletion, Request
from gamegrid.games.game import Game
from gamegrid.games.policy import Memory, Policy
from gamegrid.luck import Place
from gamegrid.records.record_types import CallRecord, DecisionStatus


class AgentSettings(BaseModel):
    """What every agent's entry in the configuration has."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, protected_namespaces=())

    type: str
    games: list[str] | None = Field(
        default=None, description="the only games this agent plays; all when left out"
    )
    sweep: dict[str, list[JsonValue]] | None = Field(
        default=None, description="settings with the values each takes: an agent for every choice"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One decision to make, with what the seat may know and nothing else.

    ``labels`` are the words for ``legal``, in the same order. The functions compute only when
    called: a bot that needs no text costs none.
    """

    game: Game
    place: Place
    ply: int
    legal: tuple[int, ...]
    labels: tuple[str, ...]
    information_state: Callable[[], str]
    sample_state: Callable[[], pyspiel.State]
    """A state of this seat's information state: the state itself where all is seen, else one
    drawn by the deal's luck. Raises pyspiel.SpielError where OpenSpiel cannot draw one."""
    observation: Callable[[], str]
    history: Callable[[], tuple[str, ...]]
    joint_moves: Callable[[], tuple[tuple[int, ...], ...]]
    """The joint moves so far, oldest first, an action per seat. Raises ValueError in games where
    seats move in turn or anything is hidden."""

    def draw(self, purpose: str) -> Random:
        """The turn's own luck for one purpose."""
        return self.place.draw(self.ply, purpose)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A move, and how it came about. ``action`` is None only with status forfeit."""

    action: int | None
    status: DecisionStatus = DecisionStatus.OK
    reasoning: str | None = None
    calls: tuple[CallRecord, ...] = ()


class Player(Protocol):
    """An agent in one seat of one episode."""

    async def decide(self, turn: Turn) -> Decision:
        """Choose. Raises BackendError if a model could not be reached."""


class Agent(Protocol):
    """An agent made ready for one job; sits down anew in every episode."""

    def sit(self, place: Place) -> Player:
        """Return the player for one seat of one episode."""


Ask = Callable[[Place, int, int, Request], Awaitable[RecordedCompletion]]
"""Put one request (place, ply, attempt, request) to a model, through the journal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What a job lends to the agents it builds."""

    ask: Callable[[str], Ask]
    """The way to ask a model, by model id."""
    prompts: tuple[Path, ...]
    """Folders with prompt templates, first one wins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentKind:
    """A type of agent as its file declares it in ``AGENT``.

    ``unsupported_reason`` says in a few words why an agent cannot play a game, or None if it can.
    ``policy`` gives, for settings and a game it can play, the chances with which it moves, told
    beside ``build`` and not through it: what bots got is held against what these chances give.
    ``memory`` is all of the past that these chances rest on; None: perhaps the whole of it.
    ``repeatable`` says that it decides by the turn and its luck alone, quickly and on every machine
    alike: ``verify`` then has it decide again.
    """

    settings: type[AgentSettings]
    type: str
    unsupported_reason: Callable[[Any, Game], str | None]
    build: Callable[[str, Any, Tools], Agent]
    policy: Callable[[Any, Game], Policy] | None = None
    memory: Memory | None = None
    repeatable: bool = False


def kinds() -> dict[str, AgentKind]:
    """Every type of agent, by name: the package's own and those of the user's folders."""
    return _kinds(plugins.folders())


@cache
def _kinds(folders: plugins.Folders) -> dict[str, AgentKind]:
    known = {kind.type: kind for kind in plugins.discover(gamegrid.agents, "AGENT")}
    for file, kind in plugins.declared(folders, "AGENT"):
        if not isinstance(kind, AgentKind):
            raise plugins.refusal(file, "declares an AGENT that is no AgentKind")
        if kind.type in known:
            raise plugins.refusal(file, f"declares the agent type {kind.type!r}, which is taken")
        known[kind.type] = kind
    return known

"""The interface of agents, which choose a move from what their seat may know."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Any, Protocol, get_args

import pyspiel
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from gamegrid import plugins
from gamegrid.backends.backend import RecordedCompletion, Request
from gamegrid.games.game import Game
from gamegrid.games.policy import Memory, Policy
from gamegrid.luck import Place
from gamegrid.records.record_types import CallRecord, DecisionStatus


class AgentSettings(BaseModel):
    """The keys that every agent's entry in the configuration has."""

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
    """One decision to make, with exactly what the seat may know.

    ``labels`` are the names of the ``legal`` actions, in the same order. The functions compute only
    when called, so a bot that needs no text spends no time on it.
    """

    game: Game
    place: Place
    ply: int
    legal: tuple[int, ...]
    labels: tuple[str, ...]
    information_state: Callable[[], str]
    sample_state: Callable[[], pyspiel.State]
    """Returns a state from this seat's information state: the true state under perfect information,
    else one drawn with the deal's luck. Raises pyspiel.SpielError if OpenSpiel cannot draw one."""
    observation: Callable[[], str]
    history: Callable[[], tuple[str, ...]]
    joint_moves: Callable[[], tuple[tuple[int, ...], ...]]
    """Returns the joint moves so far, oldest first, with one action per seat. Raises ValueError if
    seats move in turn or anything is hidden."""
    spellings: Callable[[], Mapping[str, Sequence[str]]]
    """Returns other ways to write the legal moves, by label, as the game declares them."""

    def draw(self, purpose: str) -> Random:
        """Return the turn's luck for one purpose."""
        return self.place.draw(self.ply, purpose)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A move and how it was made. ``action`` is None only if the status is forfeit."""

    action: int | None
    status: DecisionStatus = DecisionStatus.OK
    reasoning: str | None = None
    calls: tuple[CallRecord, ...] = ()


class Player(Protocol):
    """An agent in one seat of one episode."""

    async def decide(self, turn: Turn) -> Decision:
        """Choose a move. Raises BackendError if a model cannot be reached."""


class Agent(Protocol):
    """An agent that is ready for one job."""

    def sit(self, place: Place) -> Player:
        """Return the player for one seat of one episode."""


Ask = Callable[[Place, int, int, Request], Awaitable[RecordedCompletion]]
"""Send one request (place, ply, attempt, request) to a model, through the journal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What a job provides to the agents it builds."""

    ask: Callable[[str], Ask]
    """Returns the function that asks a model, by model id."""
    prompts: tuple[Path, ...]
    """Folders with prompt templates. The first folder that has a template wins."""


class Baseline(StrEnum):
    """A way to play that the rules of every game define. The controls check results against it."""

    RANDOM = "random"
    """Every legal move is equally likely."""
    OPTIMAL = "optimal"
    """Every move is a best one, by the game's oracle."""


class Scale(StrEnum):
    """What strength is assumed to be linear in between two settings of a bot."""

    LINEAR = "linear"
    LOG = "log"


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderPlace:
    """A bot's place on a ladder of bots whose settings put them in a known order of strength.

    All bots of one ``ladder`` must declare the same ``scale`` and ``rising``.
    """

    ladder: str
    setting: float
    """Greater than 0 if ``scale`` is LOG."""
    scale: Scale = Scale.LINEAR
    rising: bool = True
    """Whether a higher setting plays stronger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What the database stores about an agent with given settings."""

    draws_luck: bool | None = None
    """Whether the agent may choose differently in the same position of another deal. None if that
    depends on more than its settings, such as the game or the files of a model: then the answers to
    repeated questions decide (table ``luck``), and the agent draws luck until they speak against
    it. Declare False only if nothing can make the agent answer a question in two ways."""
    baseline: Baseline | None = None
    """The baseline that the agent is, if any."""
    place: LadderPlace | None = None
    """None if the agent is on no ladder."""


def _default_traits(settings: AgentSettings) -> Traits:
    """Return the traits of an agent that declares none."""
    return Traits()


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentKind:
    """A type of agent, as its file declares it in ``AGENT``.

    The field ``type`` of the settings is a Literal of this type's name.
    """

    settings: type[AgentSettings]
    type: str
    unsupported_reason: Callable[[Any, Game], str | None]
    """Returns in a few words why an agent with these settings cannot play a game, or None."""
    build: Callable[[str, Any, Tools], Agent]
    policy: Callable[[Any, Game], Policy] | None = None
    """Returns the probabilities of its moves in a game that it can play. Write it independently of
    ``build``: the controls compare the results of the bot with it. None if they are unknown."""
    memory: Memory | None = None
    """The part of the past that ``policy`` depends on. None if it may depend on all of it."""
    repeatable: bool = False
    """Whether it decides quickly, and from the turn and its luck alone, in the same way on every
    machine. ``verify`` then lets it decide again."""
    traits: Callable[[Any], Traits] = _default_traits
    """Returns what the database must know about an agent with these settings."""

    def __post_init__(self) -> None:
        """Raise ValueError if the settings do not belong to this type."""
        stated = getattr(self.settings, "model_fields", {}).get("type")
        if stated is not None and get_args(stated.annotation) != (self.type,):
            raise ValueError(f"the settings need the field type: Literal[{self.type!r}]")

    def make(self, name: str, settings: Any, tools: Tools) -> Agent:
        """Return what ``build`` builds. Raises UserError if a plug-in builds no agent."""
        built = self.build(name, settings, tools)
        plugins.check_made(plugins.AGENT, self.type, "build", built, Agent)
        return built


def settings_of(identity: Mapping[str, Any]) -> AgentSettings:
    """Extract an agent's settings from its identity in the plan.

    The identity also states which weights its model entry names, and holds digests of its template
    and plug-ins.
    """
    beside = ("model_entry", "prompt_digest", "plugin_digests")
    stated = {key: value for key, value in identity.items() if key not in beside}
    return kinds()[stated["type"]].settings.model_validate(stated)


def kinds() -> dict[str, AgentKind]:
    """Return every type of agent by name: the package's own and those in the user's folders."""
    return {kind.type: kind for kind in plugins.values(plugins.AGENT)}


def own_kinds() -> dict[str, AgentKind]:
    """Return the package's own types of agent, by name."""
    return {kind.type: kind for kind in plugins.own(plugins.AGENT)}

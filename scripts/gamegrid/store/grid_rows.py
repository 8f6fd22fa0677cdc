"""What the configuration alone tells of a grid's agents and games: no chunk file knows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRow:
    """One agent of the grid. ``backend`` and ``model`` are None for agents that ask no model."""

    agent: str
    type: str
    backend: str | None
    model: str | None
    params: str
    """JSON object."""
    hosted: bool | None = None
    """Whether a provider or a server runs the model; None for agents without a model."""
    input_price: float | None = None
    """USD per million tokens; None where the price is unknown."""
    output_price: float | None = None
    cached_price: float | None = None
    """What prompt tokens read from the provider's cache cost; None where that is unknown."""
    price_source: str | None = None
    """Where the prices come from; None where there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderRow:
    """One bot of the grid's suite. What is None is not known of it."""

    suite: str
    agent: str
    rating: float | None = None
    """Rating points against the first bot of the ladder, by the suite's frozen games."""
    se: float | None = None
    """Standard error of ``rating``."""
    correlations: str | None = None
    """JSON object: by other bot, of the errors of the two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GameRow:
    """One game of the grid. ``scoring`` is win_loss, margin, payoff or solo."""

    game: str
    load_string: str
    players: int
    scoring: str
    family: str
    """Variants of one game share it, and one weight in averages over games."""
    hidden_information: bool
    chance: bool
    oracle: str
    """none, exact or equilibrium."""
    generic: bool
    """True if the words are OpenSpiel's and the rules were not told."""
    disguise_of: str | None
    """The load string of the plain game that this one is in other words."""
    lowest_return: float | None = None
    """The least that a seat can get by the rules, in the game's own units."""
    highest_return: float | None = None
    cooperate: int | None = None
    """The action that cooperates; None where the game is no dilemma."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """All of it, as the parameters of jobs and the manifest hold it (``asdict``, as JSON)."""

    agents: Sequence[AgentRow]
    games: Sequence[GameRow]
    ladder: Sequence[LadderRow] = ()
    """The bots of the grid's suite, on whose ratings all others' are anchored."""
    usd_per_gpu_hour: float | None = None

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Rows":
        """Make them of ``asdict``'s; what else is there is left alone."""
        return cls(
            agents=[AgentRow(**row) for row in told["agents"]],
            games=[GameRow(**row) for row in told["games"]],
            ladder=[LadderRow(**row) for row in told.get("ladder", ())],
            usd_per_gpu_hour=told["usd_per_gpu_hour"],
        )

"""The rows of agents and games, which only the configuration knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gamegrid import declarations, plugins
from gamegrid.agents.agent import AgentSettings, Traits, kinds
from gamegrid.store.table_files import TableFile


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRow:
    """One agent of the grid. ``backend`` and ``model`` are None for agents that ask no model."""

    agent: str
    type: str
    backend: str | None
    model: str | None
    params: str
    """JSON object."""
    sweep: str | None = None
    """The entry of the configuration whose ``sweep`` made this agent, if one did."""
    hosted: bool | None = None
    """Whether a provider or a server runs the model; None for agents without a model."""
    draws_luck: bool | None = None
    """As the agent's file declares it, like all below up to the prices: see ``Traits``."""
    policy_known: bool = False
    """Whether the probabilities of its moves are known."""
    baseline: str | None = None
    """random or optimal; None if the agent is neither."""
    ladder: str | None = None
    """The ladder of bots that it stands on, if any."""
    ladder_setting: float | None = None
    ladder_scale: str | None = None
    """linear or log."""
    ladder_rising: bool | None = None
    input_price: float | None = None
    """USD per million tokens; None if the price is unknown."""
    output_price: float | None = None
    cached_price: float | None = None
    """The price of prompt tokens read from the provider's cache; None if unknown."""
    price_source: str | None = None
    """The source of the prices; None without prices."""


def declared(settings: AgentSettings) -> dict[str, Any]:
    """Return the columns of an AgentRow that the agent's own file declares. Raises UserError."""
    kind = kinds()[settings.type]
    traits = kind.traits(settings)
    _check_traits(settings.type, traits)
    place = traits.place
    return {
        "draws_luck": traits.draws_luck,
        "policy_known": kind.policy is not None,
        "baseline": traits.baseline,
        "ladder": place and place.ladder,
        "ladder_setting": place and place.setting,
        "ladder_scale": place and place.scale,
        "ladder_rising": place and place.rising,
    }


def _check_traits(agent_type: str, traits: object) -> None:
    """Raise UserError if a user's file returns traits that the database cannot store."""
    file = plugins.source(plugins.AGENT, agent_type)
    if file is None:
        return
    misfit = declarations.misfit(traits, Traits)
    wrong = f"it {misfit}" if misfit else "; ".join(declarations.mistakes(Traits, traits))
    if wrong:
        raise plugins.refusal(file.path, f"declares traits that return a wrong value: {wrong}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderRow:
    """One bot of the grid's suite. None means unknown."""

    suite: str
    agent: str
    rating: float | None = None
    """Rating points against the first bot of the ladder, by the suite's frozen games."""
    se: float | None = None
    """Standard error of ``rating``."""
    correlations: str | None = None
    """JSON object: the correlation of the errors of both ratings, by other bot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GameRow:
    """One game of the grid. ``scoring`` is win_loss, margin, payoff or solo."""

    game: str
    load_string: str
    players: int
    scoring: str
    luck: str
    """The name that keys the game's luck: games with the same name share their deals."""
    opening_plies: int
    """Random plies that open each deal; 0 if none do, as in games of chance."""
    family: str
    """Variants of one game share a family, and one weight in averages over games."""
    hidden_information: bool
    chance: bool
    oracle: str
    """none, exact or equilibrium."""
    generic: bool
    """Whether the texts are OpenSpiel's and the rules were not explained."""
    disguise_of: str | None
    """The load string of the plain game that this one disguises."""
    lowest_return: float | None = None
    """The lowest return that the rules allow, in the game's own units."""
    highest_return: float | None = None
    different_deals: int | None = None
    """How many deals the game has, if the grid is balanced: each round of so many deals then holds
    every deal once. None in other grids."""
    cooperate: int | None = None
    """The action that cooperates; None if the game is no dilemma."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """All rows. The parameters of jobs and the manifest hold them as JSON of ``asdict``."""

    agents: Sequence[AgentRow]
    games: Sequence[GameRow]
    ladder: Sequence[LadderRow] = ()
    """The bots of the grid's suite, which anchor all other ratings."""
    usd_per_gpu_hour: float | None = None
    shard: str | None = None
    """The part of the grid that this is, as in 2/8; None for a whole grid."""
    own_tables: Sequence[TableFile] = ()
    """The tables in the folders of the configuration's ``plugins``."""

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Rows":
        """Make the rows from a mapping as ``asdict`` returns it. Other keys are ignored."""
        return cls(
            agents=[AgentRow(**row) for row in told["agents"]],
            games=[GameRow(**row) for row in told["games"]],
            ladder=[LadderRow(**row) for row in told.get("ladder", ())],
            usd_per_gpu_hour=told["usd_per_gpu_hour"],
            shard=told.get("shard"),
            own_tables=[TableFile(**row) for row in told.get("own_tables", ())],
        )

"""ismcts: information set Monte Carlo tree search, where hidden information can be resampled."""

from functools import cache
from random import Random
from typing import Literal

import pyspiel
from pydantic import Field

from gamegrid import games
from gamegrid.agents.agent import AgentKind, Tools, Traits
from gamegrid.agents.search import (
    SearchAgent,
    SearchSettings,
    ismcts,
    rewards_at_end,
    simulations_place,
)
from gamegrid.games.game import Game
from gamegrid.games.registry import quiet_stderr


class IsmctsSettings(SearchSettings):
    """Simulations per move; the first one tries no move yet, so one alone would choose nothing."""

    type: Literal["ismcts"] = "ismcts"
    simulations: int = Field(ge=2)


def _unsupported_reason(settings: IsmctsSettings, game: Game) -> str | None:
    if not (game.sequential and game.hidden_information):
        return "ismcts needs hidden information and moves in turn"
    if not (game.spiel.get_type().provides_information_state_string and rewards_at_end(game)):
        return "ismcts needs information states and rewards at the end only"
    if not _can_redraw(game.load_string):
        return "OpenSpiel cannot resample its hidden information"
    return None


@cache
def _can_redraw(load_string: str) -> bool:
    game = games.load(load_string)
    state = game.spiel.new_initial_state()
    luck = Random(load_string)  # with the same draw again and again some games come to no end
    while state.is_chance_node():
        state.apply_action(luck.choice(state.legal_actions()))
    try:
        with quiet_stderr():
            game.resample(state, state.current_player(), luck.random)
    except pyspiel.SpielError:
        return False
    return True


def _build(name: str, settings: IsmctsSettings, tools: Tools) -> SearchAgent:
    return SearchAgent(settings.simulations, ismcts)


def _traits(settings: IsmctsSettings) -> Traits:
    return Traits(draws_luck=True, place=simulations_place("ismcts", settings.simulations))


AGENT = AgentKind(
    type="ismcts",
    settings=IsmctsSettings,
    unsupported_reason=_unsupported_reason,
    build=_build,
    traits=_traits,
)

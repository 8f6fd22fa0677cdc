"""ismcts: information set Monte Carlo tree search, where hidden information can be redrawn."""

from functools import cache
from typing import Literal

import pyspiel
from pydantic import Field

from gamegrid import games
from gamegrid.agents.base import AgentKind, Tools
from gamegrid.agents.search import SearchAgent, SearchSettings, ismcts
from gamegrid.games.base import Game
from gamegrid.games.registry import quiet_stderr


class Settings(SearchSettings):
    """Simulations per move; the first one tries no move yet, so one alone would choose nothing."""

    type: Literal["ismcts"] = "ismcts"
    simulations: int = Field(ge=2)


def _objection(settings: Settings, game: Game) -> str | None:
    if not (game.sequential and game.hidden_information):
        return "ismcts needs hidden information and moves in turn"
    if not _can_redraw(game.load_string):
        return "OpenSpiel cannot redraw its hidden information"
    return None


@cache
def _can_redraw(load_string: str) -> bool:
    game = games.load(load_string)
    state = game.spiel.new_initial_state()
    while state.is_chance_node():
        state.apply_action(state.legal_actions()[0])
    try:
        with quiet_stderr():
            game.redraw(state, state.current_player(), lambda: 0.5)
    except pyspiel.SpielError:
        return False
    return True


def _build(name: str, settings: Settings, tools: Tools) -> SearchAgent:
    return SearchAgent(settings.simulations, ismcts)


AGENT = AgentKind(type="ismcts", settings=Settings, objection=_objection, build=_build)

"""mcts: Monte Carlo tree search for perfect information."""

from typing import Literal

from gamegrid.agents.agent import AgentKind, Tools, Traits
from gamegrid.agents.search import (
    SearchAgent,
    SearchSettings,
    mcts,
    rewards_at_end,
    simulations_place,
)
from gamegrid.games.game import Game


class MctsSettings(SearchSettings):
    """Simulations per move."""

    type: Literal["mcts"] = "mcts"


def _unsupported_reason(settings: MctsSettings, game: Game) -> str | None:
    # The bot searches the state itself: with hidden cards it would read them.
    if not game.perfect_information:
        return "mcts needs perfect information"
    return None if rewards_at_end(game) else "mcts needs rewards at the end only"


def _build(name: str, settings: MctsSettings, tools: Tools) -> SearchAgent:
    return SearchAgent(settings.simulations, mcts)


def _traits(settings: MctsSettings) -> Traits:
    return Traits(draws_luck=True, place=simulations_place("mcts", settings.simulations))


AGENT = AgentKind(
    type="mcts",
    settings=MctsSettings,
    unsupported_reason=_unsupported_reason,
    build=_build,
    traits=_traits,
)

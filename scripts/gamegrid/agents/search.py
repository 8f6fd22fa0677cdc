"""Monte Carlo tree search, shared by mcts (perfect information) and ismcts (hidden information).

The search runs in a thread, so that requests in flight do not wait for a bot.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pyspiel
from pydantic import Field

from gamegrid.agents.agent import AgentSettings, Decision, LadderPlace, Scale, Turn
from gamegrid.games.game import Game
from gamegrid.luck import Place

EXPLORATION = 2.0
MAX_MEMORY_MB = 500


class SearchSettings(AgentSettings):
    """``simulations``: playouts per move."""

    simulations: int = Field(ge=1)


Search = Callable[[pyspiel.State, int, int], int]
"""(state, simulations, seed) to action."""


@dataclass(frozen=True, slots=True)
class SearchAgent:
    """An agent that is its own player: each move is a new search with its own seed."""

    simulations: int
    search: Search

    def sit(self, place: Place) -> "SearchAgent":
        """Return itself."""
        return self

    async def decide(self, turn: Turn) -> Decision:
        """Search from a state of the seat's information state."""
        if len(turn.legal) == 1:
            return Decision(action=turn.legal[0])
        state, seed = turn.sample_state(), turn.draw("search").getrandbits(31)
        action = await asyncio.to_thread(self.search, state, self.simulations, seed)
        return Decision(action=action)


def simulations_place(ladder: str, simulations: int) -> LadderPlace:
    """Place a search on a ladder by the logarithm of its simulations per move."""
    return LadderPlace(ladder=ladder, setting=float(simulations), scale=Scale.LOG)


def rewards_at_end(game: Game) -> bool:
    """Whether returns are paid only at the end, which OpenSpiel's searches assume."""
    return bool(game.spiel.get_type().reward_model == pyspiel.GameType.RewardModel.TERMINAL)


def mcts(state: pyspiel.State, simulations: int, seed: int) -> int:
    """Choose with OpenSpiel's MCTSBot and random playouts. It sees the whole state."""
    evaluator = pyspiel.RandomRolloutEvaluator(1, seed)
    bot = pyspiel.MCTSBot(
        state.get_game(), evaluator, EXPLORATION, simulations, MAX_MEMORY_MB, True, seed, False
    )
    return int(bot.step(state))


def ismcts(state: pyspiel.State, simulations: int, seed: int) -> int:
    """Choose with OpenSpiel's ISMCTSBot, which resamples hidden information at each playout.

    This is the bot in Python. The compiled one iterates over hash tables in the order of memory
    addresses, so that one seed gives different moves. Both draw moves in proportion to visits.
    """
    from numpy.random import RandomState
    from open_spiel.python.algorithms.ismcts import ISMCTSBot, ISMCTSFinalPolicyType
    from open_spiel.python.algorithms.mcts import RandomRolloutEvaluator

    luck = RandomState(seed)
    bot = ISMCTSBot(
        state.get_game(),
        RandomRolloutEvaluator(1, luck),
        EXPLORATION,
        simulations,
        random_state=luck,
        final_policy_type=ISMCTSFinalPolicyType.NORMALIZED_VISITED_COUNT,
    )
    bot.set_resampler(lambda known, seat: known.resample_from_infostate(seat, luck.uniform))
    return int(bot.step(state))

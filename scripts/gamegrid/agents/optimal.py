"""optimal: best play in games with an exact oracle, else an equilibrium if one is computed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, assert_never

import pyspiel

from gamegrid.agents.agent import (
    AgentKind,
    AgentSettings,
    Baseline,
    Decision,
    Tools,
    Traits,
    Turn,
)
from gamegrid.agents.random import error_rate_place
from gamegrid.games.game import Game, Oracle
from gamegrid.games.policy import Policy
from gamegrid.luck import Place
from gamegrid.oracles.exact import solver


class OptimalSettings(AgentSettings):
    """No settings."""

    type: Literal["optimal"] = "optimal"


@dataclass(frozen=True, slots=True)
class OptimalAgent:
    """An agent that is its own player."""

    def sit(self, place: Place) -> "OptimalAgent":
        """Return itself."""
        return self

    async def decide(self, turn: Turn) -> Decision:
        """Draw among the best moves, or from the equilibrium's probabilities."""
        match turn.game.oracle:
            case Oracle.EXACT:
                best = solver(turn.game.load_string).best_actions(turn.sample_state())
                return Decision(action=turn.draw("optimal").choice(best))
            case Oracle.EQUILIBRIUM:
                from gamegrid.oracles.equilibrium import solved  # numpy only where it is needed

                policy = solved(turn.game.load_string).policy[turn.information_state()]
                actions, weights = zip(*policy, strict=True)
                return Decision(action=turn.draw("optimal").choices(actions, weights)[0])
            case Oracle.NONE:
                raise ValueError(f"no oracle for {turn.game.load_string}")
            case other:
                assert_never(other)


def unsupported_reason(game: Game) -> str | None:
    """Return the reason there is no optimal play in a game, or None."""
    return "no exact oracle or equilibrium" if game.oracle is Oracle.NONE else None


def _unsupported_reason(settings: OptimalSettings, game: Game) -> str | None:
    return unsupported_reason(game)


def _build(name: str, settings: OptimalSettings, tools: Tools) -> OptimalAgent:
    return OptimalAgent()


def policy(game: Game) -> Policy:
    """Return the policy that plays the best moves with equal probability, or an equilibrium.

    Raises ValueError for a game without an oracle.
    """
    match game.oracle:
        case Oracle.EXACT:
            exact = solver(game.load_string)

            def best(state: pyspiel.State, seat: int) -> Mapping[int, float]:
                actions = exact.best_actions(state)
                return dict.fromkeys(actions, 1 / len(actions))

            return best
        case Oracle.EQUILIBRIUM:
            from gamegrid.oracles.equilibrium import solved  # numpy only where it is needed

            kept = {
                name: dict(choices) for name, choices in solved(game.load_string).policy.items()
            }
            return lambda state, seat: kept[state.information_state_string(seat)]
        case Oracle.NONE:
            raise ValueError(f"no oracle for {game.load_string}")
        case other:
            assert_never(other)


def _policy(settings: OptimalSettings, game: Game) -> Policy:
    return policy(game)


def _traits(settings: OptimalSettings) -> Traits:
    # It draws if several moves are best. Whether that happens depends on the game.
    return Traits(draws_luck=None, baseline=Baseline.OPTIMAL, place=error_rate_place(0.0))


AGENT = AgentKind(
    type="optimal",
    settings=OptimalSettings,
    unsupported_reason=_unsupported_reason,
    build=_build,
    policy=_policy,
    repeatable=True,
    traits=_traits,
)

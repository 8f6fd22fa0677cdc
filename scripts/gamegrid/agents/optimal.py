"""optimal: exact play where it is cheap, an equilibrium where one is computed; no other game."""

from dataclasses import dataclass
from typing import Literal, assert_never

from gamegrid.agents.base import AgentKind, AgentSettings, Decision, Tools, Turn
from gamegrid.games.base import Game, Oracle
from gamegrid.luck import Place
from gamegrid.oracles.exact import solver


class Settings(AgentSettings):
    """No settings."""

    type: Literal["optimal"] = "optimal"


@dataclass(frozen=True, slots=True)
class OptimalAgent:
    """Agent and player in one."""

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
                from gamegrid.oracles.equilibrium import solved  # scipy only where it is needed

                policy = solved(turn.game.load_string).policy[turn.information_state()]
                actions, weights = zip(*policy, strict=True)
                return Decision(action=turn.draw("optimal").choices(actions, weights)[0])
            case Oracle.NONE:
                raise ValueError(f"no oracle for {turn.game.load_string}")
            case other:
                assert_never(other)


def objection(game: Game) -> str | None:
    """Why there is no optimal play in a game, or None."""
    return "no exact oracle or equilibrium" if game.oracle is Oracle.NONE else None


def _objection(settings: Settings, game: Game) -> str | None:
    return objection(game)


def _build(name: str, settings: Settings, tools: Tools) -> OptimalAgent:
    return OptimalAgent()


AGENT = AgentKind(type="optimal", settings=Settings, objection=_objection, build=_build)

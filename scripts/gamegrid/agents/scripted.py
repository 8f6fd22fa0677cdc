"""scripted: the classical strategies of the prisoner's dilemma, for every two-player dilemma.

They are one type, as they differ in one rule only: what to do after the rounds so far.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, assert_never

import pyspiel

from gamegrid.agents.agent import AgentKind, AgentSettings, Decision, Tools, Traits, Turn
from gamegrid.games.game import Game
from gamegrid.games.policy import Policy
from gamegrid.luck import Place

Strategy: TypeAlias = Literal[
    "tit_for_tat", "grim_trigger", "win_stay_lose_shift", "always_cooperate", "always_defect"
]


class ScriptedSettings(AgentSettings):
    """``strategy``: the rule that decides when to cooperate."""

    type: Literal["scripted"] = "scripted"
    strategy: Strategy


def cooperates(strategy: Strategy, own: Sequence[bool], other: Sequence[bool]) -> bool:
    """Tell whether a strategy cooperates after rounds in which the two players did or did not.

    Sources: tit for tat in Axelrod, The Evolution of Cooperation (1984); the grim trigger in
    Friedman, Review of Economic Studies 38 (1971) 1; win-stay, lose-shift (Pavlov) in Nowak and
    Sigmund, Nature 364 (1993) 56: it repeats its action after the opponent cooperated, and
    changes it after the opponent defected. All three begin by cooperating.
    """
    match strategy:
        case "tit_for_tat":
            return not other or other[-1]
        case "grim_trigger":
            return all(other)
        case "win_stay_lose_shift":
            return not own or own[-1] == other[-1]
        case "always_cooperate":
            return True
        case "always_defect":
            return False
        case unknown:
            assert_never(unknown)


@dataclass(frozen=True, slots=True)
class ScriptedAgent:
    """An agent that is its own player: all it needs are the rounds that both seats saw."""

    strategy: Strategy

    def sit(self, place: Place) -> "ScriptedAgent":
        """Return itself."""
        return self

    async def decide(self, turn: Turn) -> Decision:
        """Cooperate or defect."""
        dilemma = turn.game.dilemma
        if dilemma is None:
            raise ValueError(f"{turn.game.load_string} is no dilemma")
        me = turn.place.seat
        rounds = [[action == dilemma.cooperate for action in joint] for joint in turn.joint_moves()]
        own, other = [joint[me] for joint in rounds], [joint[1 - me] for joint in rounds]
        cooperative = cooperates(self.strategy, own, other)
        return Decision(action=dilemma.cooperate if cooperative else dilemma.defect)


def _unsupported_reason(settings: ScriptedSettings, game: Game) -> str | None:
    if game.dilemma is None:
        return "scripted plays dilemmas only, where an action cooperates and the other defects"
    return None


def _build(name: str, settings: ScriptedSettings, tools: Tools) -> ScriptedAgent:
    return ScriptedAgent(settings.strategy)


def _actions(state: pyspiel.State, seat: int) -> tuple[list[int], list[int]]:
    """Return the actions of a seat so far, and those of the other seat."""
    return state.history()[seat::2], state.history()[1 - seat :: 2]


def _policy(settings: ScriptedSettings, game: Game) -> Policy:
    dilemma = game.dilemma
    if dilemma is None:
        raise ValueError(f"{game.load_string} is no dilemma")

    def scripted(state: pyspiel.State, seat: int) -> Mapping[int, float]:
        own, other = (
            [action == dilemma.cooperate for action in actions] for actions in _actions(state, seat)
        )
        cooperative = cooperates(settings.strategy, own, other)
        return {dilemma.cooperate if cooperative else dilemma.defect: 1.0}

    return scripted


def _memory(state: pyspiel.State, seat: int) -> Hashable:
    """Return the last round and the set of actions of the opponent: all that strategies use."""
    own, other = _actions(state, seat)
    return tuple(own[-1:]), tuple(other[-1:]), frozenset(other)


def _traits(settings: ScriptedSettings) -> Traits:
    return Traits(draws_luck=False)


AGENT = AgentKind(
    type="scripted",
    settings=ScriptedSettings,
    unsupported_reason=_unsupported_reason,
    build=_build,
    policy=_policy,
    memory=_memory,
    repeatable=True,
    traits=_traits,
)

"""A matrix game played repeatedly by the same players, who see every completed round."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import pyspiel

from gamegrid.games import registry
from gamegrid.games.game import Dilemma, Game, Joint, Scoring, Tag
from gamegrid.games.matrix import MatrixGame, joined, points

MOST_ROUNDS = 100
OPENSPIELS_STAGE = "matrix_pd"


@dataclass(frozen=True, slots=True)
class StageRound:
    """A completed round: every seat's action and the points it paid."""

    actions: list[int]
    paid: list[float]


class RepeatedGame(Game):
    """OpenSpiel's repeated_game around a matrix game of the suite, with a known number of rounds.

    Players see all rounds whatever ``recall`` is: it shortens only OpenSpiel's own observations,
    and information states are whole histories.
    """

    short_name = "repeated_game"
    aliases: ClassVar = {
        f"repeated_{name}": f"repeated_game(num_repetitions=10,stage_game={stage}())"
        for name, stage in (
            ("prisoners_dilemma", "prisoners_dilemma"),
            ("matrix_pd", "matrix_pd"),
            ("stag_hunt", "matrix_sh"),
            ("chicken", "matrix_cd"),
            ("rps", "matrix_rps"),
        )
    }
    parameters = frozenset({"num_repetitions", "recall", "stage_game"})
    themes = (Tag.REPEATED,)

    @classmethod
    def open(cls, parameters: Mapping[str, Any]) -> pyspiel.Game:
        stage = parameters.get("stage_game")
        if not isinstance(stage, dict):
            return super().open(parameters)
        kind = registry.suite().get(stage["name"])
        if kind is None or kind.defaults is None:
            return super().open(parameters)
        if len(stage) > 1:
            raise ValueError(f"{kind.short_name} takes no parameters as a stage.")
        # OpenSpiel cannot load by name a stage game that it does not have. For a stage game that it
        # has, it checks the other parameters.
        super().open({**parameters, "stage_game": {"name": OPENSPIELS_STAGE}})
        rest = {key: value for key, value in parameters.items() if key != "stage_game"}
        return pyspiel.create_repeated_game(registry.load(kind.short_name).spiel, rest)

    @cached_property
    def stage(self) -> MatrixGame:
        """The game played in each round."""
        game = registry.load(self._stage_name)
        assert isinstance(game, MatrixGame)  # unsupported_reason refuses other games
        return game

    @property
    def rounds(self) -> int:
        """Number of rounds."""
        return int(self.spiel.get_parameters()["num_repetitions"])

    @property
    def title(self) -> str:
        return f"{self.stage.stage_title} ({self.rounds} rounds)"

    @property
    def family(self) -> str:
        return self.stage.family

    @property
    def scoring(self) -> Scoring:
        # A zero-sum game over several rounds is won by an amount.
        zero_sum = self.spiel.get_type().utility == pyspiel.GameType.Utility.ZERO_SUM
        return Scoring.MARGIN if zero_sum else Scoring.PAYOFF

    @property
    def dilemma(self) -> Dilemma | None:
        return self.stage.dilemma

    def unsupported_reason(self) -> str | None:
        stages = {n: k for n, k in registry.suite().items() if issubclass(k, MatrixGame)}
        if self._stage_name not in stages:
            return f"stage_game is one of {', '.join(stages)}, not {self._stage_name}."
        if not 2 <= self.rounds <= MOST_ROUNDS:
            return f"num_repetitions must be between 2 and {MOST_ROUNDS}."
        return None

    def rules(self) -> str:
        stage, n = self.stage, self.rounds
        return (
            f"{stage.everybody()} play {n} rounds of the same game; all know from the start that "
            f"there are {n} rounds. In every round each player chooses {stage.choices()}, all at "
            f"the same time and without knowing the other choices of that round. The points of a "
            f"round depend on its choices only, in the same way in every round. "
            f"{stage.outcomes()} After each round everybody's choices and points are shown to "
            f"all. A player's result is the sum of their points over all {n} rounds, whatever "
            f"others get."
        )

    def observation(self, state: pyspiel.State, seat: int) -> str:
        played = self.rounds_over(state)
        now = f"Now: round {len(played) + 1} of {self.rounds}. {self._totals(played, seat)}"
        lines = [f"Round {n}: {self._told(done, seat)}." for n, done in enumerate(played, 1)]
        return "\n".join(
            [
                self.stage.observation(state, seat),
                now,
                *(lines or ["No round has been played yet."]),
            ]
        )

    def label(self, state: pyspiel.State, seat: int, action: int) -> str:
        return self.stage.label(self.stage.spiel.new_initial_state(), seat, action)

    def history(self, trajectory: Sequence[Joint], observer: int) -> list[str]:
        # History has one line per round, the same for everyone. The observation restates it from
        # the observer's side.
        played = self.rounds_over(self.replay(trajectory))
        return [f"Round {n}: {self._told(done, None)}" for n, done in enumerate(played, 1)]

    def _totals(self, played: Sequence[StageRound], observer: int) -> str:
        """Describe everyone's points so far."""
        held = [
            f"{self._name(seat, observer)} {'have' if seat == observer else 'has'} "
            f"{sum(done.paid[seat] for done in played):g}"
            for seat in self._order(observer)
        ]
        return f"Points so far: {joined(held)}."

    def _told(self, done: StageRound, observer: int | None) -> str:
        """Describe a round in words, ``observer`` first, as "you"."""
        start = self.stage.spiel.new_initial_state()
        order = self._order(observer)
        chosen = [
            f"{self._name(s, observer)} chose {self.stage.label(start, s, done.actions[s])}"
            for s in order
        ]
        paid = [
            f"{self._name(s, observer)} {'lost' if done.paid[s] < 0 else 'got'} "
            f"{points(done.paid[s])}"
            for s in order
        ]
        return f"{joined(chosen)}; {joined(paid)}"

    def _name(self, seat: int, observer: int | None) -> str:
        return "you" if seat == observer else self.seat_name(seat)

    def _order(self, observer: int | None) -> list[int]:
        """Return all seats, the observer's first."""
        return sorted(range(self.players), key=lambda seat: seat != observer)

    def rounds_over(self, state: pyspiel.State) -> list[StageRound]:
        """Return the completed rounds; OpenSpiel's history lists the actions seat by seat."""
        flat, n = state.history(), self.players
        joint = [flat[start : start + n] for start in range(0, len(flat), n)]
        return [StageRound(actions, self.stage.replay([actions]).returns()) for actions in joint]

    @property
    def _stage_name(self) -> str:
        parsed = pyspiel.game_parameters_from_string(self.load_string)
        return str(parsed["stage_game"]["name"])


GAME = RepeatedGame

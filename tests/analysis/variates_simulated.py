"""Play many deals of two bots, correct their returns, and see how often intervals cover the truth.

What a bot's policy is may be kept from the corrections, as it is unknown for a model.
"""

import json
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from arena import bot, play, setup
from gamegrid import games
from gamegrid.agents.agent import kinds
from gamegrid.analysis.control_variates import Line, correction, known_policies
from gamegrid.analysis.references import results
from gamegrid.games.policy import Policy
from gamegrid.oracles.value_function import value_function
from gamegrid.records.record_types import EpisodeRecord
from gamegrid.stats.arrays import Floats
from gamegrid.stats.intervals import Interval, mean_interval

Bots = dict[str, dict[str, Any]]
BOTS: Bots = {"random": {"type": "random"}, "optimal": {"type": "optimal"}}


@dataclass(frozen=True)
class Played:
    """The episodes of two bots in one game, by deal, one per seating."""

    game: str
    bots: Bots
    episodes: list[tuple[EpisodeRecord, EpisodeRecord]]

    @classmethod
    def of(cls, game: str, deals: int, seed: int, bots: Bots = BOTS) -> "Played":
        """Play deals from both seats, as a job does."""
        first, second = bots
        agents = {name: bot(**_kind(stated)) for name, stated in bots.items()}
        setups = [
            setup(games.load(game), seats, deal=deal, seating=seating, seed=seed)
            for deal in range(deals)
            for seating, seats in enumerate([(first, second), (second, first)])
        ]
        episodes = play(setups, agents)
        return cls(game, bots, list(zip(episodes[::2], episodes[1::2], strict=True)))

    @property
    def truth(self) -> float:
        """The first bot's expected return over both seatings, by enumeration."""
        game, policies = games.load(self.game), self._policies()
        means = []
        for seating in ((0, 1), (1, 0)):
            seats = [list(policies.values())[agent] for agent in seating]
            returns = results(game, seats, 0, game.max_plies).returns
            seat = seating.index(0)
            means.append(sum(each[seat] * chance for each, chance in returns.items()))
        return sum(means) / 2

    def plain(self) -> Floats:
        """Return the first bot's mean return in each deal: shape (deals,)."""
        returns = [[deal[0].seats[0].return_, deal[1].seats[1].return_] for deal in self.episodes]
        return np.array(returns, dtype=np.float64).mean(axis=1)

    def corrected(self, known: Collection[str]) -> "Corrected":
        """Correct the returns as if only the policies of ``known`` bots were known."""
        game, values = games.load(self.game), value_function(self.game)
        assert values is not None
        values.values(game.spiel.new_initial_state())
        policies = {name: policy for name, policy in self._policies().items() if name in known}
        found: dict[tuple[str, tuple[str, ...]], Floats] = {}
        added = np.zeros((len(self.episodes), 2))
        began = time.process_time()
        for number, deal in enumerate(self.episodes):
            for seating, episode in enumerate(deal):
                seats = tuple(seat.agent for seat in episode.seats)
                if (episode.trajectory, seats) not in found:
                    line = Line(
                        trajectory=json.loads(episode.trajectory),
                        opening=0,
                        policies=[policies.get(agent) for agent in seats],
                    )
                    correct = correction(values, game, line)
                    assert correct is not None
                    found[episode.trajectory, seats] = correct
                added[number, seating] = found[episode.trajectory, seats][seating]
        seconds = time.process_time() - began
        per_thousand = 1000 * seconds / (2 * len(self.episodes))
        return Corrected(self.plain() + added.mean(axis=1), per_thousand)

    def _policies(self) -> dict[str, Policy]:
        settings = {
            name: kinds()[stated["type"]].settings.model_validate(stated)
            for name, stated in self.bots.items()
        }
        return known_policies(settings, games.load(self.game))


@dataclass(frozen=True)
class Corrected:
    """Corrected values by deal, and the CPU seconds that 1,000 episodes took."""

    values: Floats
    seconds: float


def variance_left(plain: Floats, corrected: Floats) -> float:
    """Return the variance of deals after correction as a share of that before it."""
    return float(corrected.var() / plain.var())


def coverage(values: Floats, truth: float, deals: int) -> float:
    """Return how often the interval over ``deals`` deals covers the truth, in disjoint sets."""
    sets = values[: len(values) // deals * deals].reshape(-1, deals)
    intervals = [mean_interval(each) for each in sets]
    return float(np.mean([isinstance(i, Interval) and i.covers(truth) for i in intervals]))


def _kind(stated: dict[str, Any]) -> dict[str, Any]:
    return {"kind": stated["type"], **{key: v for key, v in stated.items() if key != "type"}}

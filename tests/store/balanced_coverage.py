"""How often the interval of a bot with luck covers its exact mean, in balanced and other grids."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np

from gamegrid import games
from gamegrid.agents.agent import Agent, Ask, Tools, kinds
from gamegrid.analysis.references import results
from gamegrid.games.game import Game, Scoring
from gamegrid.oracles.minimax import Minimax
from gamegrid.plan.balanced import balanced_start, number_of_deals
from gamegrid.plan.deals import Start, opening
from gamegrid.play.episode import Episode, Setup
from gamegrid.stats.arrays import Floats
from gamegrid.stats.intervals import Interval
from gamegrid.stats.observations import Observations

CELLS = ("b2", "a1", "c1", "a3", "c3", "b1", "a2", "c2", "b3")


@dataclass(frozen=True)
class Case:
    """Two bots in a game, of which the first draws luck. Their policies must be known."""

    game: str
    bots: Mapping[str, Mapping[str, Any]]


CASES = (
    Case(
        "tic_tac_toe",
        {"a": {"type": "random"}, "b": {"type": "preference", "prefer": list(CELLS)}},
    ),
    Case(
        "tic_tac_toe",
        {"a": {"type": "random"}, "b": {"type": "noisy_optimal", "epsilon": 0.3}},
    ),
    Case(
        "kuhn_poker",
        {"a": {"type": "random"}, "b": {"type": "preference", "prefer": ["Bet"]}},
    ),
)


def covered(case: Case, balanced: bool, samples: int) -> float:
    """Return the coverage of the interval of ``a`` over as many deals as the game has.

    The seeds of the samples are 0, 1 and so on. The exact mean is that of the game tree.
    """
    game = games.load(case.game)
    agents = {name: _build(settings) for name, settings in case.bots.items()}
    exact, held = _exact(game, case), 0
    for seed in range(samples):
        values = asyncio.run(_values(game, agents, seed, balanced))
        each = Observations(luck=game.luck_name, deals=np.arange(len(values)), values=values)
        win_loss = game.scoring is Scoring.WIN_LOSS
        interval = each.share_interval() if win_loss else each.mean_interval()
        held += isinstance(interval, Interval) and interval.covers(exact)
    return held / samples


def _build(settings: Mapping[str, Any]) -> Agent:
    kind = kinds()[settings["type"]]
    return kind.build("", kind.settings(**settings), Tools(ask=_nobody, prompts=()))


def _nobody(model: str) -> Ask:
    raise AssertionError(f"a bot asked for {model}")


def _exact(game: Game, case: Case) -> float:
    """Return the exact mean of ``a`` over both seatings."""
    policies = {}
    for name, stated in case.bots.items():
        kind = kinds()[stated["type"]]
        assert kind.policy is not None
        policies[name] = kind.policy(kind.settings(**stated), game)
    total = 0.0
    for seats in permutations("ab"):
        played = [policies[name] for name in seats]
        shares = results(game, played, game.opening_plies, game.max_plies).measure(game)
        assert shares is not None
        total += sum(amounts[seats.index("a")] * chance for amounts, chance in shares.items())
    return total / 2


async def _values(game: Game, agents: dict[str, Agent], seed: int, balanced: bool) -> Floats:
    """Play one grid; return the value of ``a`` in each deal."""
    plies, minimax, values = game.opening_plies, Minimax(), list[float]()
    for deal in range(number_of_deals(game, plies)):
        start = (
            balanced_start(game, seed, deal, plies)
            if balanced
            else Start(tuple(opening(game, seed, deal, plies, minimax)))
        )
        got = 0.0
        for seating, seats in enumerate(permutations("ab")):
            setup = Setup(
                run_id="", seed=seed, game=game, matchup="a--b", deal=deal, seating=seating,
                seats=seats, opening=start.opening, events=start.events, max_plies=game.max_plies,
            )  # fmt: skip
            mine = (await Episode(setup, agents).play()).seats[seats.index("a")]
            value = mine.score if game.scoring is Scoring.WIN_LOSS else mine.return_
            assert value is not None
            got += value / 2
        values.append(got)
    return np.array(values)

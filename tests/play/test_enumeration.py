"""The loop plays every game by OpenSpiel's rules: uniform play gives the exact distribution.

The tests replace only the loop's source of luck, by one that tries every possible draw. Agents,
tape, legal moves and results are the real ones. The outcomes are compared with a plain enumeration
of OpenSpiel's game.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice, product
from math import prod
from random import Random
from statistics import fmean, pvariance
from typing import TypeVar

import pyspiel
import pytest

from arena import bot, play, position, setup, suite
from gamegrid import games
from gamegrid.games.game import Game, Joint
from gamegrid.luck import Place
from gamegrid.plan import deals
from gamegrid.play.episode import Episode
from gamegrid.records.record_types import EpisodeRecord, EpisodeStatus

IN_FULL = 5_000
"""Games of at most so many histories are played from start to end, history by history."""
BY_PLY = 20_000
"""Games of at most so many, ply by ply; with perfect information, position by position."""
EXHAUSTIVE = 600_000
"""The same bound for the nightly tests, and for games whose outcomes are known."""
PLIES = 3_000
"""Decisions played at random in each game."""

Outcome = tuple[float, ...]
"""The returns by seat."""
Shares = dict[Outcome, float]
"""The probability of each outcome."""
_Option = TypeVar("_Option")

ALL = suite(lambda game: True)


# The harness's loop


class EveryDraw:
    """A source of luck that tries each path of draws in turn (a test double)."""

    def __init__(self) -> None:
        self.path: list[int] = []
        self.made: list[tuple[int, Sequence[float]]] = []

    def choice(self, options: Sequence[_Option]) -> _Option:
        """Draw one of several equally likely options."""
        return options[self._take([1 / len(options)] * len(options))]

    def choices(self, options: Sequence[_Option], weights: Sequence[float]) -> list[_Option]:
        """Draw one of several options with given probabilities."""
        return [options[self._take(weights)]]

    def _take(self, weights: Sequence[float]) -> int:
        number = len(self.made)
        taken = self.path[number] if number < len(self.path) else 0
        self.made.append((taken, weights))
        return taken

    def paths(self) -> Iterator[None]:
        """Yield once per path of draws; all draws made before the next step follow that path."""
        while True:
            self.made = []
            yield
            left = self.made
            while left and left[-1][0] == len(left[-1][1]) - 1:
                left.pop()
            if not left:
                return
            self.path = [taken for taken, _ in left[:-1]] + [left[-1][0] + 1]

    def probability(self) -> float:
        """The probability of the path."""
        return prod(weights[taken] for taken, weights in self.made)


async def every_episode(
    game: Game, opening: Sequence[Joint], max_plies: int
) -> list[tuple[float, EpisodeRecord]]:
    """Yield every episode that random agents can play, with its probability."""
    luck, agents, found = EveryDraw(), {"random": bot("random")}, []
    one = setup(game, ("random",) * game.players, opening=tuple(opening), max_plies=max_plies)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Place, "draw", lambda place, ply, purpose: luck)
        patch.setattr(deals, "deal_draw", lambda seed, game, deal, purpose: luck)
        for _ in luck.paths():
            episode = await Episode(one, agents).play()
            found.append((luck.probability(), episode))
    return found


def outcome(episode: EpisodeRecord) -> Outcome:
    """Return the returns of a complete episode."""
    assert episode.status is EpisodeStatus.COMPLETE
    return tuple(seat.return_ for seat in episode.seats if seat.return_ is not None)


async def in_full(game: Game) -> Shares:
    """Return the outcomes of all episodes, each played from start to end."""
    shares: Shares = defaultdict(float)
    for probability, episode in await every_episode(game, (), game.max_plies):
        shares[outcome(episode)] += probability
    return shares


async def ply_by_ply(game: Game) -> Shares:
    """Return the outcomes of all episodes, but play only one ply after each history.

    In perfect-information games, only one history of each position is played.
    """
    below: dict[str, Shares] = {}

    async def after(history: Sequence[Joint]) -> Shares:
        state = game.replay(history)
        here = position(game, state) if game.perfect_information else str(history)
        if here not in below:
            shares: Shares = defaultdict(float)
            for probability, episode in await every_episode(game, history, 1):
                if episode.status is EpisodeStatus.COMPLETE:
                    shares[outcome(episode)] += probability
                else:
                    for result, share in (await after(json.loads(episode.trajectory))).items():
                        shares[result] += probability * share
            below[here] = shares
        return below[here]

    return await after([])


# Plain OpenSpiel


def branches(state: pyspiel.State) -> list[tuple[pyspiel.State, float]]:
    """Yield the next states with their probabilities."""
    if state.is_chance_node():
        return [(state.child(action), p) for action, p in state.chance_outcomes()]
    if not state.is_simultaneous_node():
        legal = state.legal_actions()
        return [(state.child(action), 1 / len(legal)) for action in legal]
    after = []
    joint = list(product(*(state.legal_actions(s) for s in range(state.num_players()))))
    for actions in joint:
        child = state.clone()
        child.apply_actions(list(actions))
        after.append((child, 1 / len(joint)))
    return after


def enumerated(game: Game) -> Shares:
    """Return the outcomes of all histories."""
    shares: Shares = defaultdict(float)
    waiting = [(game.spiel.new_initial_state(), 1.0)]
    while waiting:
        state, probability = waiting.pop()
        if state.is_terminal():
            shares[tuple(state.returns())] += probability
        else:
            waiting += [(child, probability * p) for child, p in branches(state)]
    return shares


def at_most(game: Game, most: int) -> bool:
    """Return whether a game has at most so many histories; stop early if it has far more.

    Random probes estimate the number without bias (Knuth 1975, "Estimating the efficiency of
    backtrack programs").
    """
    luck, estimates = Random(1), []
    for _ in range(50):
        state, width, estimate = game.spiel.new_initial_state(), 1, 1
        while not state.is_terminal() and width < 1000 * most:
            following = branches(state)
            width *= len(following)
            estimate += width
            state = luck.choice(following)[0]
        estimates.append(estimate)
    return fmean(estimates) < 4 * most and sum(1 for _ in islice(states(game), most + 1)) <= most


def states(game: Game) -> Iterator[pyspiel.State]:
    """Yield the states of all histories."""
    waiting = [game.spiel.new_initial_state()]
    while waiting:
        state = waiting.pop()
        yield state
        if not state.is_terminal():
            waiting += [child for child, _ in branches(state)]


# Exact comparison

# Uniform play, by enumeration: in tic_tac_toe x wins 737/1260, draws 8/63, loses 121/420;
# kuhn_poker returns -2: 3/16, -1: 1/4, 1: 3/8, 2: 3/16.
KNOWN = {
    "tic_tac_toe": {1.0: 737 / 1260, 0.0: 8 / 63, -1.0: 121 / 420},
    "kuhn_poker": {-2.0: 3 / 16, -1.0: 1 / 4, 1.0: 3 / 8, 2.0: 3 / 16},
}


@pytest.mark.parametrize("bound", [BY_PLY, pytest.param(EXHAUSTIVE, marks=pytest.mark.nightly)])
@pytest.mark.parametrize("name", [*ALL, "liars_dice(dice_sides=3)"])
def test_uniform_play_has_the_outcomes_of_openspiel(name: str, bound: int) -> None:
    """Compare games of at most ``bound`` histories exactly, larger ones by random play."""
    game = games.load(name)
    if at_most(game, IN_FULL):
        shares = asyncio.run(in_full(game))
    elif at_most(game, EXHAUSTIVE if name in KNOWN else bound):
        shares = asyncio.run(ply_by_ply(game))
    else:
        agrees_within_four_standard_errors(game)
        return
    expected = enumerated(game)
    assert set(shares) == set(expected)
    assert shares == pytest.approx(expected, abs=1e-12)
    assert sum(shares.values()) == pytest.approx(1, abs=1e-12)
    if name in KNOWN:
        known = {(first, -first): share for first, share in KNOWN[name].items()}
        assert shares == pytest.approx(known, abs=1e-12)
        agrees_within_four_standard_errors(game)


# Comparison by random play

Sample = dict[str, float]
"""One episode in numbers."""


def numbers(plies: int, returns: Sequence[float | None]) -> Sample:
    """Return what is compared: length, results, who did best, and whether the game was cut off."""
    known = [value for value in returns if value is not None]
    found: Sample = {"plies": plies, "cut off": float(not known)}
    for seat, value in enumerate(returns):
        found[f"return {seat}"] = value or 0.0
        found[f"best {seat}"] = float(value is not None and value == max(known))
    return found


def random_playout(game: Game, luck: Random) -> Sample:
    """Play an episode with plain OpenSpiel and cut it off where gamegrid does."""
    state, plies = game.spiel.new_initial_state(), 0
    while not state.is_terminal():
        if state.is_chance_node():
            actions, weights = zip(*state.chance_outcomes(), strict=True)
            state.apply_action(luck.choices(actions, weights)[0])
            continue
        if plies == game.max_plies:
            return numbers(plies, [None] * game.players)
        plies += 1
        if state.is_simultaneous_node():
            seats = range(game.players)
            state.apply_actions([luck.choice(state.legal_actions(seat)) for seat in seats])
        else:
            state.apply_action(luck.choice(state.legal_actions()))
    return numbers(plies, state.returns())


def agrees_within_four_standard_errors(game: Game) -> None:
    """Compare random play with the real luck to plain OpenSpiel."""
    luck = Random(2)
    length = fmean(random_playout(game, luck)["plies"] for _ in range(10))
    episodes = max(12, int(PLIES / length))
    plain = [random_playout(game, luck) for _ in range(4 * episodes)]
    seats = ("random",) * game.players
    most = game.max_plies
    setups = [setup(game, seats, deal=deal, max_plies=most) for deal in range(episodes)]
    own = [
        numbers(e.plies, [seat.return_ for seat in e.seats])
        for e in play(setups, {"random": bot("random")})
    ]
    for what in own[0]:
        here, there = ([sample[what] for sample in samples] for samples in (own, plain))
        error = (pvariance(here + there) * (1 / len(here) + 1 / len(there))) ** 0.5
        assert abs(fmean(here) - fmean(there)) <= 4 * error + 1e-9, what

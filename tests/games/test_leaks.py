"""No seat learns more or less than it may know: every game, and the checker itself."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pyspiel
import pytest

from arena import suite
from gamegrid import games
from gamegrid.agents.agent import Agent, Ask, Decision, Turn
from gamegrid.agents.llm import LlmAgent, LlmPlayer
from gamegrid.backends.backend import Message
from gamegrid.games.game import Game
from gamegrid.games.kuhn_poker import KuhnPoker
from gamegrid.games.matrix_mp import MatchingPennies
from gamegrid.luck import Place
from gamegrid.play.episode import Episode
from gamegrid.prompts.templates import Template, TurnContext
from leaks import MOST, Build, leaks, llm

FEW = 1_500
"""Points looked at in each game; the nightly tests look at ``MOST``."""
HIDDEN = suite(lambda game: game.hidden_information)
OPEN = suite(lambda game: not game.perfect_information and not game.hidden_information)


@pytest.mark.parametrize("most", [FEW, pytest.param(MOST, marks=pytest.mark.nightly)])
@pytest.mark.parametrize("name", [*HIDDEN, "goofspiel(imp_info=true,num_cards=4)"])
def test_a_seat_is_told_exactly_its_information_state(name: str, most: int) -> None:
    assert leaks(games.load(name), most=most) == []


@pytest.mark.parametrize("name", OPEN)
def test_no_seat_is_told_of_a_move_made_at_the_same_time(name: str) -> None:
    assert leaks(games.load(name), most=200, talks=10) == []


# Planted leaks: one per channel, in games that have none


def hidden(state: pyspiel.State, seat: int) -> int:
    """Return the other player's card in two-player Kuhn poker."""
    return int(state.history()[1 - seat])


class Poker(KuhnPoker):
    """Kuhn poker with a planted leak."""


class TellsInView(Poker):
    def observation(self, state: pyspiel.State, seat: int) -> str:
        return f"{super().observation(state, seat)} {hidden(state, seat)}"


class TellsInLabels(Poker):
    def label(self, state: pyspiel.State, seat: int, action: int) -> str:
        return super().label(state, seat, action) + " now" * (hidden(state, seat) == 2)


class TellsInHistory(Poker):
    def describe(self, state: pyspiel.State, seat: int, action: int, observer: int) -> str | None:
        return f"{super().describe(state, seat, action, observer)} {hidden(state, observer)}"


class TellsOfChance(Poker):
    def describe_chance(self, state: pyspiel.State, action: int, observer: int) -> str | None:
        return f"Dealt: {self.deck[action]}"


class ForgetsTheCard(Poker):
    def observation(self, state: pyspiel.State, seat: int) -> str:
        return re.sub("Your card: .*?[.]", "", super().observation(state, seat))


class OrdersLabels(Episode):
    """Lists the legal moves in an order that depends on the other player's card."""

    def _turn(self, seat: int) -> Turn:
        turn = super()._turn(seat)
        step = -1 if hidden(self._state, seat) == 2 else 1
        return replace(turn, legal=turn.legal[::step], labels=turn.labels[::step])


class DrawsByHidden(Episode):
    """Draws different luck for each card of the other player."""

    def _turn(self, seat: int) -> Turn:
        turn = super()._turn(seat)
        return replace(turn, place=replace(turn.place, deal=hidden(self._state, seat)))


class HandsOutTheInformation(Episode):
    def _turn(self, seat: int) -> Turn:
        state = self._state
        return replace(super()._turn(seat), information_state=lambda: str(state))


class HandsOutTheState(Episode):
    def _turn(self, seat: int) -> Turn:
        state = self._state
        return replace(super()._turn(seat), sample_state=lambda: state.clone())


class AsksInTurn(Episode):
    """Reveals earlier choices of a simultaneous move."""

    async def _decide(self, seats: Sequence[int]) -> list[Decision]:
        made: list[Decision] = []
        for turn in map(self._turn, seats):
            observation = f"{turn.observation()} {[decision.action for decision in made]}"
            told = replace(turn, observation=lambda observation=observation: observation)
            made.append(await self._players[turn.place.seat].decide(told))
        self._ply += 1
        return made


class Peeking(Poker):
    """Leaves a secret where the agent's template can find it."""

    peeked = 0

    def observation(self, state: pyspiel.State, seat: int) -> str:
        self.peeked = hidden(state, seat)
        return super().observation(state, seat)


class TellsAtRethink(Template):
    def rethink(self, observation: TurnContext, failure: str) -> str:
        assert isinstance(observation.game, Peeking)
        return f"{super().rethink(observation, failure)} {observation.game.peeked}"


def rethinking(ask: Ask, memory: str) -> Agent:
    agent = llm(ask, memory)
    assert isinstance(agent, LlmAgent)
    sound = agent.template
    return replace(agent, template=TellsAtRethink(sound.name, sound.digest, sound.jinja))


class OneMind:
    """A faulty agent whose two seats share one conversation."""

    def __init__(self, agent: Agent):
        self.agent = agent
        self.talk: list[Message] = []

    def sit(self, place: Place) -> "OneMindedPlayer":
        self.talk = []
        player = self.agent.sit(place)
        assert isinstance(player, LlmPlayer)
        return OneMindedPlayer(self, player)


@dataclass
class OneMindedPlayer:
    mind: OneMind
    inner: LlmPlayer

    async def decide(self, turn: Turn) -> Decision:
        self.inner.talk = self.mind.talk
        decision = await self.inner.decide(turn)
        self.mind.talk = self.inner.talk
        return decision


def one_minded(ask: Ask, memory: str) -> Agent:
    return OneMind(llm(ask, memory))


@pytest.mark.parametrize(
    ("name", "kind", "build", "episode", "places"),
    [
        ("kuhn_poker", Poker, llm, Episode, ""),
        ("matrix_mp", MatchingPennies, llm, Episode, ""),
        ("kuhn_poker", TellsInView, llm, Episode, "observation messages talk"),
        ("kuhn_poker", TellsInLabels, llm, Episode, "labels history messages talk"),
        ("kuhn_poker", TellsInHistory, llm, Episode, "history messages talk"),
        ("kuhn_poker", TellsOfChance, llm, Episode, "history messages talk"),
        ("kuhn_poker", Poker, llm, OrdersLabels, "labels messages talk"),
        ("kuhn_poker", Poker, llm, DrawsByHidden, "messages"),
        ("kuhn_poker", Poker, llm, HandsOutTheInformation, "information_state"),
        ("kuhn_poker", Poker, llm, HandsOutTheState, "sample_state"),
        ("kuhn_poker", Peeking, rethinking, Episode, "messages talk"),
        ("kuhn_poker", Poker, one_minded, Episode, "talk"),
        ("matrix_mp", MatchingPennies, llm, AsksInTurn, "observation messages"),
    ],
)
def test_a_planted_leak_is_found_where_it_is(
    name: str, kind: type[Game], build: Build, episode: type[Episode], places: str
) -> None:
    found = leaks(planted(kind, name), build=build, episode=episode)
    assert not any(leak.lost for leak in found)
    assert sorted(leak.place for leak in found) == sorted(places.split())


def test_what_is_kept_from_a_seat_is_found() -> None:
    found = leaks(planted(ForgetsTheCard, "kuhn_poker"))
    assert {(leak.place, leak.lost) for leak in found} == {
        ("observation", True),
        ("messages", True),
        ("talk", True),
    }


def planted(kind: type[Game], name: str) -> Game:
    """Return the game ``name`` with texts from the class ``kind``."""
    game = games.load(name)
    return kind(game.name, game.load_string, game.spiel)

"""Bargaining pays as its rules say and shows each seat only its own values."""

import json
import re
from collections.abc import Iterator
from random import Random

import pyspiel
import pytest

from arena import bot, play, random_decisions, setup
from gamegrid import games
from gamegrid.games.game import Game

ITEMS = ("book", "hat", "ball")
Case = tuple[list[int], list[list[int]]]
"""The pool, and each seat's values, by item."""


@pytest.fixture
def bargaining() -> Game:
    """The bargaining game of the suite."""
    return games.load("bargaining_5")


def case(state: pyspiel.State) -> Case:
    """Parse the true case from OpenSpiel's text of the state, which no player sees."""
    pool, *values = (
        [int(n) for n in re.findall(r": (\d+)", line)] for line in str(state).splitlines()[:3]
    )
    return pool, values


def counted(text: str) -> list[int]:
    """Parse the numbers of a list such as "1 book, 0 hats, 2 balls"."""
    found = re.findall(r"(\d+) (book|hat|ball)(s?)\b", text)
    assert all((n == "1") == (not plural) for n, _, plural in found)
    assert [item for _, item, _ in found] == list(ITEMS)
    return [int(n) for n, _, _ in found]


def episodes(game: Game, count: int) -> Iterator[tuple[Case, list[str], list[float]]]:
    """Play at random; yield the case, the moves in order and the returns."""
    luck = Random(8)
    for _ in range(count):
        state = game.spiel.new_initial_state()
        state.apply_action(luck.choice(state.legal_actions()))
        true, said = case(state), list[str]()
        while not state.is_terminal():
            assert state.current_player() == len(said) % 2
            legal = state.legal_actions()
            labels = [game.label(state, len(said) % 2, action) for action in legal]
            assert ("agree" in labels) == (said != [])
            offers = [counted(label.removeprefix("keep ")) for label in labels if label != "agree"]
            # Any part of the pool may be kept, and nothing else.
            ways = 1
            for n in true[0]:
                ways *= n + 1
            assert len(offers) == ways
            assert all(
                kept <= n for offer in offers for kept, n in zip(offer, true[0], strict=True)
            )
            # Agreeing is one move among dozens, so choose it more often.
            action = legal[-1] if said and luck.random() < 0.3 else luck.choice(legal)
            said.append(game.label(state, state.current_player(), action))
            state.apply_action(action)
        yield true, said, state.returns()


@pytest.mark.parametrize("turns", [2, 5, 6])
def test_an_offer_is_what_its_maker_keeps_and_without_agreement_nobody_gets_anything(
    turns: int,
) -> None:
    game = games.load(f"bargaining(max_turns={turns})")
    assert f"at most {turns} turns" in game.rules()
    last = "Player 1" if turns % 2 else "Player 2"
    assert f"ends the game without agreement: {last}, whose turn it is" in game.rules()
    lengths = set()
    for (pool, values), said, returns in episodes(game, 150):
        agreed = said[-1] == "agree"
        assert "agree" not in said[:-1]
        lengths.add((len(said), agreed))
        expected = [0, 0]
        if agreed:
            maker = (len(said) - 2) % 2
            kept = counted(said[-2])
            rest = [n - k for n, k in zip(pool, kept, strict=True)]
            for seat, part in ((maker, kept), (1 - maker, rest)):
                expected[seat] = sum(v * n for v, n in zip(values[seat], part, strict=True))
        else:
            assert len(said) == turns
        assert returns == expected
    assert lengths == {(turns, False), *((n, True) for n in range(2, turns + 1))}


def test_every_case_is_as_the_rules_say(bargaining: Game) -> None:
    start = bargaining.spiel.new_initial_state()
    rules = bargaining.rules()
    assert "5 to 7 items in all, at least one of each kind" in rules
    assert "the whole pool is worth 10 points" in rules
    outcomes = start.chance_outcomes()
    assert [p for _, p in outcomes] == pytest.approx([1 / 1000] * 1000)
    for number, _ in outcomes:
        pool, values = case(start.child(number))
        assert 5 <= sum(pool) <= 7 and min(pool) >= 1
        for own in values:
            assert sum(n * v for n, v in zip(pool, own, strict=True)) == 10
        assert all(one + other > 0 for one, other in zip(*values, strict=True))
        assert any(one > 0 < other for one, other in zip(*values, strict=True))


def information_state(observation: str) -> str:
    """Rebuild OpenSpiel's information state from the observation alone."""
    who, values, *offers, now = observation.split("\n")
    names = ("Book", "Hat", "Basketball")

    def row(numbers: list[int]) -> str:
        return ", ".join(f"{name}: {n}" for name, n in zip(names, numbers, strict=True))

    own = [int(n) for n in re.findall(r"(?:book|hat|ball) (\d+)", values)]
    lines = [f"Pool: {row(counted(who.split('The pool: ')[1]))}", f"My values: {row(own)}"]
    lines.append("Agreement reached? 0")
    made = [] if offers == ["No offer has been made yet."] else offers
    for n, offer in enumerate(made):
        assert offer.startswith(f"Turn {n + 1}: ")
        kept = offer.split(" offered to keep ")[1].split(" and to leave ")[0]
        lines.append(f"P{n % 2} offers: Offer: {row(counted(kept))}")
    assert now.startswith(f"Now: turn {len(made) + 1} of 5.")
    return "\n".join(lines) + "\n"


def test_the_view_is_the_information_state_in_words(bargaining: Game) -> None:
    for history, state in random_decisions(bargaining, 150):
        pool, values = case(state)
        for seat in (0, 1):
            observation = bargaining.observation(state, seat)
            assert information_state(observation) == state.information_state_string(seat)
            told = f"worth to you: book {values[seat][0]}, hat {values[seat][1]}, ball "
            assert f"{told}{values[seat][2]}." in observation
            for line in observation.split("\n"):
                if " offered to keep " in line:
                    kept, left = (counted(part) for part in line.split(" and to leave "))
                    assert [k + n for k, n in zip(kept, left, strict=True)] == pool
        assert bargaining.history(history, 0) == [
            line.replace("Player 1", "You") if n % 2 == 0 else line.replace("You", "Player 2")
            for n, line in enumerate(bargaining.history(history, 1))
        ]


def test_nothing_tells_cases_apart_that_differ_in_the_others_values(bargaining: Game) -> None:
    different = 0
    for history, state in random_decisions(bargaining, 60):
        seat = state.current_player()
        for draw in (0.0, 0.5, 0.99):
            other = state.resample_from_infostate(seat, lambda draw=draw: draw)
            different += case(other) != case(state)
            changed = [other.history()[0], *history[1:]]
            assert bargaining.observation(other, seat) == bargaining.observation(state, seat)
            assert bargaining.history(changed, seat) == bargaining.history(history, seat)
            assert other.legal_actions() == state.legal_actions()
            for action in state.legal_actions():
                label = bargaining.label(state, seat, action)
                assert bargaining.label(other, seat, action) == label
    assert different > 60


def test_offers_are_told_from_the_readers_side(bargaining: Game) -> None:
    state = bargaining.replay([0, 9, 8])
    assert bargaining.observation(state, 0) == (
        "You are Player 1. The pool: 1 book, 2 hats, 3 balls.\n"
        "Points that one item is worth to you: book 8, hat 1, ball 0.\n"
        "Turn 1: you offered to keep 1 book, 1 hat, 0 balls and to leave Player 2 0 books, 1 hat, "
        "3 balls.\n"
        "Turn 2: Player 2 offered to keep 0 books, 1 hat, 0 balls and to leave you 1 book, 1 hat, "
        "3 balls.\n"
        "Now: turn 3 of 5."
    )
    assert bargaining.history([0, 9, 8], 0) == [
        "You: keep 1 book, 1 hat, 0 balls",
        "Player 2: keep 0 books, 1 hat, 0 balls",
    ]


def test_only_in_the_last_turn_a_view_warns_of_the_end(bargaining: Game) -> None:
    warning = " An offer now ends the game without agreement."
    for history, state in random_decisions(bargaining, 40):
        observation = bargaining.observation(state, state.current_player())
        assert observation.endswith(warning) == (len(history) == bargaining.max_plies)


def test_labels_stay_short(bargaining: Game) -> None:
    most = 0
    for _, state in random_decisions(bargaining, 100):
        seat = state.current_player()
        labels = [bargaining.label(state, seat, action) for action in state.legal_actions()]
        most = max(most, len(json.dumps(labels)))
        assert max(map(len, labels)) <= len("keep 1 book, 1 hat, 1 ball") + 3
    assert most < 2000


def test_both_seatings_of_a_deal_bargain_over_one_case(bargaining: Game) -> None:
    agents = {"one": bot("random"), "two": bot("random")}
    for deal in range(10):
        setups = [
            setup(bargaining, seats, deal=deal, seating=n)
            for n, seats in enumerate([("one", "two"), ("two", "one")])
        ]
        played = play(setups, agents)
        assert len({json.loads(episode.trajectory)[0] for episode in played}) == 1
        assert all(seat.score is None for episode in played for seat in episode.seats)

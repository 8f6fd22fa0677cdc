"""Blackjack deals, plays and pays as its rules say, checked against OpenSpiel's card names."""

import re
from random import Random

import pyspiel
import pytest

from arena import bot, play, random_decisions, setup
from gamegrid import games
from gamegrid.games.game import Game

HIT, STAND = 0, 1
NAMES = ("Ace", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten",
         "Jack", "Queen", "King")  # fmt: skip
RANKS = dict(zip("A23456789TJQK", NAMES, strict=True))
SUITS = {"C": "clubs", "D": "diamonds", "H": "hearts", "S": "spades"}


@pytest.fixture
def blackjack() -> Game:
    """The blackjack of the suite."""
    return games.load("blackjack")


def short(card: int) -> str:
    """Return OpenSpiel's name of a card, suit then rank: CK, H3."""
    start = games.load("blackjack").spiel.new_initial_state()
    return str(start.action_to_string(-1, card))


def long(card: int) -> str:
    suit, rank = short(card)
    return f"{RANKS[rank]} of {SUITS[suit]}"


def best_total(cards: list[int]) -> tuple[int, bool]:
    """Compute the total by the rules: an ace counts 11, or 1 if 11 would exceed 21."""
    ranks = [short(card)[1] for card in cards]
    values = [11 if r == "A" else 10 if r in "TJQK" else int(r) for r in ranks]
    while sum(values) > 21 and 11 in values:
        values[values.index(11)] = 1
    return sum(values), 11 in values


def deal(state: pyspiel.State, left: set[int], luck: Random) -> int:
    """Deal a random remaining card, after checking that all are equally likely."""
    assert state.is_chance_node()
    assert dict(state.chance_outcomes()) == pytest.approx(dict.fromkeys(left, 1 / len(left)))
    card = luck.choice(sorted(left))
    left.remove(card)
    state.apply_action(card)
    return card


def hand(game: Game, luck: Random) -> tuple[list[int], list[int], list[float]]:
    """Play at random to the end; return the player's cards, the dealer's, and the returns.

    Checks on the way that cards are dealt and turns end as the rules say.
    """
    state, left = game.spiel.new_initial_state(), set(range(52))
    player, dealer = ([deal(state, left, luck) for _ in range(2)] for _ in range(2))
    while best_total(player)[0] <= 21:
        assert state.current_player() == 0 and state.legal_actions() == [HIT, STAND]
        move = luck.choice([HIT, HIT, STAND]) if best_total(player)[0] < 18 else STAND
        state.apply_action(move)
        if move == STAND:
            while best_total(dealer)[0] <= 16:
                dealer.append(deal(state, left, luck))
            break
        player.append(deal(state, left, luck))
    assert state.is_terminal()
    return player, dealer, state.returns()


def test_a_hand_is_dealt_and_decided_as_the_rules_say(blackjack: Game) -> None:
    seen, luck = set(), Random(5)
    for _ in range(1500):
        player, dealer, returns = hand(blackjack, luck)
        own, other = best_total(player)[0], best_total(dealer)[0]
        if own > 21:
            result, how = -1, "bust"
        elif other > 21:
            result, how = 1, "dealer bust"
        else:
            result, how = (own > other) - (own < other), f"compared {own == other}"
        assert returns == [result]
        seen.add(how)
        if best_total(dealer) == (17, True) and own <= 21:
            seen.add("stood on an ace counting 11")
    assert len(seen) == 5


def test_two_cards_of_21_get_no_more_than_others(blackjack: Game) -> None:
    ace, king, queen, nine = 0, 12, 11, 8
    state = blackjack.replay([ace, king, queen, nine])
    assert "Your total: 21, an Ace counting 11." in blackjack.observation(state, 0)
    assert state.legal_actions() == [HIT, STAND]
    state.apply_action(STAND)
    assert state.is_terminal() and state.returns() == [1]


def test_a_view_says_the_cards_and_totals_that_a_player_knows_and_no_more(blackjack: Game) -> None:
    """Each card exists once, so the cards in order identify the information state."""
    names = {long(card): card for card in range(52)}
    for history, state in random_decisions(blackjack, 300):
        observation = blackjack.observation(state, 0)
        own, total, ace, dealer = re.fullmatch(
            r"You are the player\.\nYour cards: (.*)\. Your total: (\d+)(, an Ace counting 11)?\.\n"
            r"The dealer shows: (.*)\. The dealer's other card is hidden\.",
            observation,
        ).groups()  # type: ignore[union-attr]
        first, second, *drawn = [names[name] for name in own.split(", ")]
        known = [first, second, names[dealer], *(n for card in drawn for n in (HIT, card))]
        assert state.information_state_string(0) == " ".join(map(str, known))
        assert best_total([first, second, *drawn]) == (int(total), ace is not None)
        hidden = history[2]
        assert isinstance(hidden, int)
        assert long(hidden) not in observation
        assert blackjack.history(history, 0) == ["You: Hit"] * len(drawn)
        for draw in (0.0, 0.3, 0.99):
            other = state.resample_from_infostate(0, lambda draw=draw: draw)
            assert blackjack.observation(other, 0) == observation


def test_the_hidden_card_is_redrawn_without_regard_to_the_true_one(blackjack: Game) -> None:
    for _, state in random_decisions(blackjack, 20):
        alike = [state.resample_from_infostate(0, lambda draw=d: draw) for d in (0.0, 0.4, 0.99)]
        drawn = [
            [blackjack.resample(true, 0, lambda n=n: (n + 0.5) / 200).history() for n in range(200)]
            for true in (state, *alike)
        ]
        assert all(rows == drawn[0] for rows in drawn)
        hidden = {row[2] for row in drawn[0]}
        seen = set(state.history()[:2] + state.history()[3:4] + state.history()[5::2])
        assert hidden == set(range(52)) - seen


def test_an_episode_has_one_seat_with_a_return_and_no_score(blackjack: Game) -> None:
    agents = {"stand": bot("preference", prefer=["Stand"])}
    episodes = play([setup(blackjack, ("stand",), deal=deal) for deal in range(40)], agents)
    for episode in episodes:
        assert (episode.status, episode.plies) == ("complete", 1)
        [seat] = episode.seats
        assert seat.return_ in (-1, 0, 1)
        assert seat.score is None and seat.strict_return is None
    assert len({episode.trajectory for episode in episodes}) == 40

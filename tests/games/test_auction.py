"""The sealed-bid auction is won and paid as its rules say."""

import re

import pytest

from arena import every_decision, every_end
from gamegrid import games


@pytest.mark.parametrize(("players", "most"), [(2, 5), (3, 3)])
def test_the_highest_bidder_pays_the_own_bid(players: int, most: int) -> None:
    game = games.load(f"first_sealed_auction(max_value={most},players={players})")
    assert f"from 1 to {most}" in game.rules()
    start = game.spiel.new_initial_state()
    tied = 0
    for history, state in every_end(game):
        values, rest = history[:players], history[players:]
        *bids, winner = rest
        said = [game.label(start, seat, bid) for seat, bid in enumerate(bids)]
        offered = [int(label.removeprefix("bid ")) for label in said]
        best = [seat for seat, bid in enumerate(offered) if bid == max(offered)]
        tied += len(best) > 1
        assert winner in best
        gains = [values[seat] - offered[seat] if seat == winner else 0 for seat in range(players)]
        assert state.returns() == gains
    assert tied


def test_every_tied_bidder_wins_equally_often() -> None:
    game = games.load("first_sealed_auction(players=3)")
    state = game.replay([5, 7, 9, 4, 2, 4])
    assert dict(state.chance_outcomes()) == pytest.approx({0: 1 / 2, 2: 1 / 2})
    alone = game.replay([5, 7, 9, 4, 2, 5])
    assert dict(alone.chance_outcomes()) == {2: 1}


def test_all_values_are_equally_likely() -> None:
    state = games.load("first_sealed_auction").spiel.new_initial_state()
    assert dict(state.chance_outcomes()) == pytest.approx(dict.fromkeys(range(1, 11), 1 / 10))


def test_bids_are_all_numbers_below_the_own_value() -> None:
    game = games.load("first_sealed_auction")
    for history, state in every_decision(game):
        seat = state.current_player()
        value = history[seat]
        assert isinstance(value, int)
        told = [game.label(state, seat, action) for action in state.legal_actions()]
        assert told == [f"bid {bid}" for bid in range(value)]


def test_a_player_sees_the_own_value_and_no_bid_of_another() -> None:
    game = games.load("first_sealed_auction_3p")
    history = [5, 7, 9, 4, 6]
    state = game.replay(history)
    assert game.observation(state, 2) == (
        "You are Player 3. The value of the object to you: 9 points. All other values, and all "
        "other bids, are hidden."
    )
    assert game.observation(state, 1).endswith("hidden.\nYou have bid 6.")
    for seat in range(3):
        assert game.history(history, seat) == []
        numbers = re.findall(r"\d+", game.observation(state, seat).split(". ", 1)[1])
        assert numbers == [str(history[seat])] + [str(bid) for bid in history[3:][seat : seat + 1]]

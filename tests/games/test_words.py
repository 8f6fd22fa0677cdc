"""What players see: complete, unambiguous, and nothing that a seat may not know."""

import re
from collections.abc import Sequence

import pyspiel
import pytest

from arena import POKER, decisions, every_decision, movers
from gamegrid import games
from gamegrid.games.cards import RANKS
from gamegrid.games.game import Game, Joint

CARD = re.compile(rf"(?:{'|'.join(RANKS)})(?: of (?:spades|hearts))?")


def labels(game: Game, state: pyspiel.State, seat: int) -> tuple[str, ...]:
    return tuple(game.label(state, seat, action) for action in state.legal_actions(seat))


def cards(text: str) -> list[str]:
    return CARD.findall(text)


# The number of information states, counted by hand. Kuhn: 3 cards and 4 betting histories in which
# somebody moves; for three players, 4 cards and 12 histories. Leduc: each seat moves after 3
# histories per round, and 5 histories end the first round: 2 * (6 * 3 + 6 * 5 * 5 * 3); without
# suits the public card may equal the player's own: 2 * (3 * 3 + 3 * 3 * 5 * 3). Liar's dice: 3
# faces and every ascending sequence of the 6 bids, whose length decides whose turn it is: 3 * 2 **
# 6. Goofspiel, each seat: no bid yet; a bid with its possible results, which are 2 + 3 + 3 + 2 for
# two players with 4 cards, and 3 + 4 + 2 for three with 3 cards; and 70 pairs of bids with their
# results in the first of them. Auction: each seat's values.
STATES = {
    "kuhn_poker": 12,
    "kuhn_poker_3p": 48,
    "leduc_poker": 936,
    "leduc_poker(suit_isomorphism=true)": 288,
    "liars_dice(dice_sides=3)": 192,
    "goofspiel_4": 162,
    "goofspiel(imp_info=true,num_cards=3,players=3,points_order=descending)": 30,
    "first_sealed_auction(max_value=4)": 8,
    "first_sealed_auction(max_value=3,players=3)": 9,
}


@pytest.mark.parametrize("name", STATES)
def test_as_many_views_are_told_as_there_are_information_states(name: str) -> None:
    game = games.load(name)
    observations = {
        game.observation(state, seat) for _, state in every_decision(game) for seat in movers(state)
    }
    assert len(observations) == STATES[name]


@pytest.mark.parametrize("name", POKER)
def test_no_card_is_named_that_the_seat_may_not_see(name: str) -> None:
    game = games.load(name)
    for history, state in every_decision(game):
        for seat in range(game.players):
            own, public = known_cards(game, state, seat)
            observation = game.observation(state, seat)
            assert cards(observation) == [own, *public], observation
            assert cards(" ".join(game.history(history, seat))) == public


def known_cards(game: Game, state: pyspiel.State, seat: int) -> tuple[str, list[str]]:
    """Return the seat's card and the public ones, from the history (players' cards come first)."""
    history, players = state.history(), game.players
    if game.short_name == "kuhn_poker":
        names = ("Jack", "Queen", "King", "Ace")[: players + 1]
        return names[history[seat]], []
    ranks = ("Jack", "Queen", "King")
    suited = "suit_isomorphism" not in game.load_string

    def name(card: int) -> str:
        return f"{ranks[card // 2]} of {('spades', 'hearts')[card % 2]}" if suited else ranks[card]

    replay = game.spiel.new_initial_state()
    public = []
    for number, action in enumerate(history):
        if replay.is_chance_node() and number >= players:
            public.append(name(action))
        replay.apply_action(action)
    return name(history[seat]), public


def test_a_die_is_shown_to_its_owner_only() -> None:
    game = games.load("liars_dice(dice_sides=3)")
    for history, state in every_decision(game):
        for seat in (0, 1):
            observation = game.observation(state, seat)
            assert re.findall(r"die shows (\d)", observation) == [str(state.history()[seat] + 1)]
            assert len(game.history(history, seat)) == len(history) - 2
            bids = [game.label(state, 0, bid) for bid in state.history()[2:]]
            told = [f"Player {n % 2 + 1} bid {bid}" for n, bid in enumerate(bids)]
            assert observation.endswith(f"\nBids so far: {', '.join(told) or 'none'}.")


def test_a_bid_is_shown_to_its_owner_only_and_each_prize_to_all() -> None:
    hidden, shown = games.load("goofspiel_4"), games.load("goofspiel(num_cards=4)")
    played: list[Joint] = [[0, 2], [1, 1]]
    state = hidden.replay(played)
    assert hidden.observation(state, 0) == (
        "You are Player 1. Your cards: 3, 4.\nPrize card now: 2. Prize cards still to come: 1.\n"
        "Points: Player 1 has 0, Player 2 has 4.\n"
        "Round 1: prize 4, you bid 1, won by Player 2.\n"
        "Round 2: prize 3, you bid 2, won by nobody."
    )
    lines = ["Prize 4: won by Player 2", "Prize 3: won by nobody"]
    assert hidden.history(played, 0) == hidden.history(played, 1) == lines
    turned: list[Joint] = [2, [0, 2], 0]
    state = shown.replay(turned)
    assert shown.observation(state, 1) == (
        "You are Player 2. Your cards: 1, 2, 4.\n"
        "Prize card now: 1. Prize cards still to come: 2, 4.\n"
        "Points: Player 1 has 0, Player 2 has 3.\n"
        "Round 1: prize 3, Player 1 bid 1, Player 2 bid 3, won by Player 2."
    )
    assert shown.history(turned, 0) == ["Prize 3: Player 1 bid 1, Player 2 bid 3, won by Player 2"]


def board(observation: str) -> dict[str, str]:
    """Return the marks of a drawn board by cell name, without empty cells."""
    lines = observation.split("\n")[1:]
    columns = lines[0].split()
    marks = {}
    for line in lines[1:]:
        row, *cells = line.split()
        marks |= {f"{c}{row}": m for c, m in zip(columns, cells, strict=True) if m != "."}
    return marks


def played(game: Game, moves: Sequence[Joint]) -> dict[str, str]:
    """Return the board after ``moves``, drawn by the stated rules: x moves first, discs fall."""
    marks: dict[str, str] = {}
    for number, move in enumerate(moves):
        assert isinstance(move, int)
        mark = "xo"[number % 2]
        if game.family == "tic_tac_toe":
            marks["abc"[move % 3] + str(move // 3 + 1)] = mark
        else:
            height = int(game.spiel.get_parameters()["rows"])
            column = "abcdefg"[move]
            fallen = sum(cell[0] == column for cell in marks)
            marks[f"{column}{height - fallen}"] = mark
    return marks


@pytest.mark.parametrize(
    "name", ["tic_tac_toe", "misere_tic_tac_toe", "connect_four", "connect_four_4x4"]
)
def test_the_board_shows_every_move_that_was_made(name: str) -> None:
    game = games.load(name)
    for moves, state in decisions(game):
        seat = state.current_player()
        assert board(game.observation(state, seat)) == played(game, moves)
        assert len(game.history(moves, seat)) == len(moves)


def test_a_simultaneous_seat_is_told_nothing_of_the_other(matrix_rps: Game) -> None:
    state = matrix_rps.spiel.new_initial_state()
    assert matrix_rps.observation(state, 0) == (
        "You are Player 1. Player 2 is choosing at the same time as you."
    )
    assert matrix_rps.observation(state, 1) == (
        "You are Player 2. Player 1 is choosing at the same time as you."
    )
    assert matrix_rps.history([[0, 2]], 1) == ["Player 1: Rock", "You: Scissors"]


def test_a_seat_among_three_is_told_that_both_others_choose() -> None:
    game = games.load("matching_pennies_3p")
    assert game.observation(game.spiel.new_initial_state(), 1) == (
        "You are Player 2. Player 1 and Player 3 are choosing at the same time as you."
    )

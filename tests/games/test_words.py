"""What players are told: complete, unmistakable, and nothing that a seat may not know."""

import json
import re
from collections.abc import Sequence

import pyspiel
import pytest

from arena import (
    HIDDEN,
    PERFECT,
    PHANTOM,
    POKER,
    SUITE,
    decisions,
    every_decision,
    movers,
    random_decisions,
)
from gamegrid import games
from gamegrid.backends.base import FinishReason
from gamegrid.games.base import Game, Joint
from gamegrid.games.cards import RANKS
from gamegrid.prompts import templates
from gamegrid.prompts.parser import normalise, parse
from gamegrid.prompts.templates import Observation

CARD = re.compile(rf"(?:{'|'.join(RANKS)})(?: of (?:spades|hearts))?")


def labels(game: Game, state: pyspiel.State, seat: int) -> tuple[str, ...]:
    return tuple(game.label(state, seat, action) for action in state.legal_actions(seat))


def cards(text: str) -> list[str]:
    return CARD.findall(text)


@pytest.mark.parametrize("name", SUITE)
def test_labels_are_told_apart_by_the_parser_and_are_no_bare_numbers(name: str) -> None:
    game = games.load(name)
    seen = {labels(game, state, seat) for _, state in decisions(game) for seat in movers(state)}
    assert seen
    for shown in seen:
        forms = [normalise(label) for label in shown]
        assert len(set(forms)) == len(shown)
        assert all(form and not form.isnumeric() for form in forms)
        for label in shown:
            for reply in (json.dumps({"action": label}), f"Action: {label}", f"ACTION: {label}."):
                assert parse(reply, FinishReason.STOP, shown).label == label


# How many information states there are, counted by hand. Kuhn: 3 cards and 4 betting histories at
# which somebody moves; for three players 4 cards and 12. Leduc: each seat moves after 3 histories
# of a round, and 5 histories end the first: 2 * (6 * 3 + 6 * 5 * 5 * 3); without suits the public
# card may equal one's own: 2 * (3 * 3 + 3 * 3 * 5 * 3). Liar's dice: 3 faces and every ascending
# row of the 6 bids, either seat's turn by its length: 3 * 2 ** 6. Goofspiel, each seat: no bid yet;
# a bid with the results it can have, which are 2 + 3 + 3 + 2 for two players with 4 cards, and
# 3 + 4 + 2 for three with 3 cards; and 70 pairs of bids with their results in the first of them.
# Auction: each seat's values.
@pytest.mark.parametrize(
    ("name", "states"), list(zip(HIDDEN, (12, 48, 936, 288, 192, 162, 30, 8, 9), strict=True))
)
def test_what_a_seat_is_told_is_exactly_its_information_state(name: str, states: int) -> None:
    game = games.load(name)
    told: dict[str, set[tuple[str, ...]]] = {}
    for history, state in every_decision(game):
        for seat in range(game.players):
            information = f"{seat}|{movers(state)}|{state.information_state_string(seat)}"
            words = (game.view(state, seat), *game.history(history, seat))
            if seat in movers(state):
                words += labels(game, state, seat)
            told.setdefault(information, set()).add(words)
    assert all(len(different) == 1 for different in told.values())
    views: dict[str, str] = {}
    moving = 0
    for information, [words] in told.items():
        seat, mover, _ = information.split("|", 2)
        if int(seat) in json.loads(mover):
            moving += 1
            assert views.setdefault(words[0], information) == information
    assert moving == states


@pytest.mark.parametrize("name", POKER)
def test_no_card_is_named_that_the_seat_may_not_see(name: str) -> None:
    game = games.load(name)
    for history, state in every_decision(game):
        for seat in range(game.players):
            own, public = known_cards(game, state, seat)
            view = game.view(state, seat)
            assert cards(view) == [own, *public], view
            assert cards(" ".join(game.history(history, seat))) == public


def known_cards(game: Game, state: pyspiel.State, seat: int) -> tuple[str, list[str]]:
    """The seat's card and the public ones, from the history alone (players' cards come first)."""
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
            view = game.view(state, seat)
            assert re.findall(r"die shows (\d)", view) == [str(state.history()[seat] + 1)]
            assert len(game.history(history, seat)) == len(history) - 2
            bids = [game.label(state, 0, bid) for bid in state.history()[2:]]
            told = [f"Player {n % 2 + 1} bid {bid}" for n, bid in enumerate(bids)]
            assert view.endswith(f"\nBids so far: {', '.join(told) or 'none'}.")


def test_a_bid_is_shown_to_its_owner_only_and_each_prize_to_all() -> None:
    hidden, shown = games.load("goofspiel_4"), games.load("goofspiel(num_cards=4)")
    played: list[Joint] = [[0, 2], [1, 1]]
    state = hidden.replay(played)
    assert hidden.view(state, 0) == (
        "You are Player 1. Your cards: 3, 4.\nPrize card now: 2. Prize cards still to come: 1.\n"
        "Points: Player 1 has 0, Player 2 has 4.\n"
        "Round 1: prize 4, you bid 1, won by Player 2.\n"
        "Round 2: prize 3, you bid 2, won by nobody."
    )
    lines = ["Prize 4: won by Player 2", "Prize 3: won by nobody"]
    assert hidden.history(played, 0) == hidden.history(played, 1) == lines
    turned: list[Joint] = [2, [0, 2], 0]
    state = shown.replay(turned)
    assert shown.view(state, 1) == (
        "You are Player 2. Your cards: 1, 2, 4.\n"
        "Prize card now: 1. Prize cards still to come: 2, 4.\n"
        "Points: Player 1 has 0, Player 2 has 3.\n"
        "Round 1: prize 3, Player 1 bid 1, Player 2 bid 3, won by Player 2."
    )
    assert shown.history(turned, 0) == ["Prize 3: Player 1 bid 1, Player 2 bid 3, won by Player 2"]


def board(view: str) -> dict[str, str]:
    """The marks of a drawn board by cell name, empty cells left out."""
    lines = view.split("\n")[1:]
    columns = lines[0].split()
    marks = {}
    for line in lines[1:]:
        row, *cells = line.split()
        marks |= {f"{c}{row}": m for c, m in zip(columns, cells, strict=True) if m != "."}
    return marks


def played(game: Game, moves: Sequence[Joint]) -> dict[str, str]:
    """The board after ``moves``, drawn by the rules as they are told: x first, discs fall."""
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
        assert board(game.view(state, seat)) == played(game, moves)
        assert len(game.history(moves, seat)) == len(moves)


@pytest.mark.parametrize("name", PERFECT)
def test_both_seats_see_the_same_board_and_their_own_name(name: str) -> None:
    game = games.load(name)
    for _, state in random_decisions(game, 20):
        first, second = (game.view(state, seat).split("\n") for seat in (0, 1))
        assert first[0].startswith(f"You are {game.seat_name(0)}")
        assert second[0].startswith(f"You are {game.seat_name(1)}")
        assert first[1:] == second[1:]


def test_a_simultaneous_seat_is_told_nothing_of_the_other(matrix_rps: Game) -> None:
    state = matrix_rps.spiel.new_initial_state()
    assert matrix_rps.view(state, 0) == (
        "You are Player 1. Player 2 is choosing at the same time as you."
    )
    assert matrix_rps.view(state, 1) == (
        "You are Player 2. Player 1 is choosing at the same time as you."
    )
    assert matrix_rps.history([[0, 2]], 1) == ["Player 1: Rock", "You: Scissors"]


def test_a_seat_among_three_is_told_that_both_others_choose() -> None:
    game = games.load("matching_pennies_3p")
    assert game.view(game.spiel.new_initial_state(), 1) == (
        "You are Player 2. Player 1 and Player 3 are choosing at the same time as you."
    )


@pytest.mark.parametrize("template", ["default", "terse"])
@pytest.mark.parametrize("name", SUITE)
def test_no_prompt_holds_openspiels_own_text(name: str, template: str) -> None:
    game, loaded = games.load(name), templates.load(template)
    for history, state in random_decisions(game, 20):
        for seat in movers(state):
            seen = Observation(
                game=game,
                seat=seat,
                view=game.view(state, seat),
                history=tuple(game.history(history, seat)),
                labels=labels(game, state, seat),
            )
            prompt = loaded.first(seen)
            # Forsyth-Edwards notation is the chess players' own.
            if game.short_name != "chess":
                assert str(state).strip() not in prompt or not str(state).strip()
            # A label that ends in a number before one that begins with one is no history.
            told = prompt.replace(", ".join(seen.labels), "")
            assert state.history_str() not in told or len(history) < 2
            assert seen.view in prompt


@pytest.mark.parametrize("name", [name for name in SUITE if name not in PHANTOM])
def test_history_names_the_observer_you_and_others_by_seat(name: str) -> None:
    game = games.load(name)
    for history, state in random_decisions(game, 10):
        told = [game.history(history, seat) for seat in range(game.players)]
        lengths = {len(lines) for lines in told}
        assert len(lengths) == 1
        for lines in zip(*told, strict=True):
            # One public event: at most one seat calls it its own, and all say the same of it.
            assert sum(line.startswith("You: ") for line in lines) <= 1
            assert len({line.split(": ", 1)[1] for line in lines}) == 1
        assert state.is_terminal() is False

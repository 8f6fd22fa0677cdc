"""The stated rules are the ones OpenSpiel plays: payoffs are recomputed from the texts."""

import re
from collections.abc import Sequence
from itertools import product

import pyspiel
import pytest

from arena import MATRIX, every_decision, every_end
from gamegrid import games
from gamegrid.games.game import Game


def kuhn_result(players: int, history: Sequence[int]) -> list[float]:
    """Each player antes one chip and adds one per Bet or Call; the highest card takes the pot."""
    dealt, betting = history[:players], history[players:]
    put = [1] * players
    acted: dict[int, str] = {}
    for number, action in enumerate(betting):
        seat = number % players
        bet_before = 1 in betting[:number]
        acted[seat] = ("Fold" if bet_before else "Check") if action == 0 else "In"
        put[seat] += action
    in_play = [seat for seat in range(players) if acted[seat] != "Fold"]
    winner = max(in_play, key=lambda seat: dealt[seat])
    return [sum(put) * (seat == winner) - put[seat] for seat in range(players)]


@pytest.mark.parametrize("name", ["kuhn_poker", "kuhn_poker_3p"])
def test_kuhn_poker_pays_what_its_rules_say(name: str) -> None:
    game = games.load(name)
    for history, state in every_end(game):
        assert state.returns() == kuhn_result(game.players, history)


def leduc_result(game: Game, words: Sequence[str], dealt: list[int], public: int) -> list[float]:
    """Two players: ante 1, raises of 2 then 4; a pair wins, then the higher rank, else a split."""
    put, folded, raises = [1, 1], None, 2
    for word in words:
        if word == "public":
            raises = 4
            continue
        seat, action = int(word[0]), word[2:]
        owed = max(put) - put[seat]
        match action:
            case "Fold":
                folded = seat
            case "Check":
                assert owed == 0
            case "Call":
                assert owed > 0
                put[seat] += owed
            case "Raise":
                put[seat] += owed + raises
    pot = sum(put)
    ranks = [card // 2 if game.load_string == "leduc_poker" else card for card in dealt]
    table = public // 2 if game.load_string == "leduc_poker" else public
    if folded is not None:
        share = [float(folded != seat) for seat in (0, 1)]
    elif ranks[0] == ranks[1]:
        share = [0.5, 0.5]
    else:
        strength = [(rank == table, rank) for rank in ranks]
        share = [float(strength[seat] > strength[1 - seat]) for seat in (0, 1)]
    return [pot * share[seat] - put[seat] for seat in (0, 1)]


def leduc_words(game: Game, history: Sequence[int]) -> tuple[list[str], int]:
    """Return moves as "SEAT Label", "public" where the public card is turned up, and that card."""
    state: pyspiel.State = game.spiel.new_initial_state()
    words, public = [], -1
    for number, action in enumerate(history):
        if state.is_chance_node():
            if number >= game.players:
                words.append("public")
                public = action
        else:
            seat = state.current_player()
            words.append(f"{seat} {game.label(state, seat, action)}")
        state.apply_action(action)
    return words, public


@pytest.mark.parametrize("name", ["leduc_poker", "leduc_poker(suit_isomorphism=true)"])
def test_leduc_poker_pays_what_its_rules_say(name: str) -> None:
    game = games.load(name)
    for history, state in every_end(game):
        words, public = leduc_words(game, history)
        assert words.count("public") <= 1
        first = words[: words.index("public")] if "public" in words else words
        for betting in (first, words[len(first) + 1 :]):
            assert sum(word.endswith("Raise") for word in betting) <= 2
            assert not betting or betting[0][0] == "0"
        assert state.returns() == leduc_result(game, words, history[:2], public)


def test_rock_paper_scissors_pays_what_its_rules_say(matrix_rps: Game) -> None:
    beats = {("Rock", "Scissors"), ("Scissors", "Paper"), ("Paper", "Rock")}
    start = matrix_rps.spiel.new_initial_state()
    for first in range(3):
        for second in range(3):
            state = matrix_rps.replay([[first, second]])
            named = [matrix_rps.label(start, s, a) for s, a in enumerate((first, second))]
            expected = [float((a, b) in beats) for a, b in (named, named[::-1])]
            assert state.returns() == [expected[0] - expected[1], expected[1] - expected[0]]


@pytest.mark.parametrize("name", MATRIX)
def test_a_matrix_game_pays_what_its_table_says_to_every_seat(name: str) -> None:
    game = games.load(name)
    start = game.spiel.new_initial_state()
    table = {}
    for chosen, paid in re.findall(r"If (.*?), then (.*?)\.", game.rules()):
        choice = tuple(re.findall(r"Player \d chooses (\w+)", chosen))
        told = re.findall(r"Player (\d) (gets|loses) (\d+) points?", paid)
        assert [int(seat) for seat, _, _ in told] == list(range(1, game.players + 1))
        table[choice] = [int(n) if verb == "gets" else -int(n) for _, verb, n in told]
    assert len(table) == 2**game.players
    for joint in product((0, 1), repeat=game.players):
        labels = tuple(game.label(start, seat, action) for seat, action in enumerate(joint))
        assert table[labels] == game.replay([list(joint)]).returns()


def test_the_prisoners_dilemma_pays_its_usual_amounts() -> None:
    """Reward 3, temptation 5, sucker's payoff 0, punishment 1."""
    game = games.load("prisoners_dilemma")
    start = game.spiel.new_initial_state()
    paid = {
        tuple(game.label(start, seat, action) for seat, action in enumerate(joint)): game.replay(
            [list(joint)]
        ).returns()
        for joint in product((0, 1), repeat=2)
    }
    assert paid == {
        ("Cooperate", "Cooperate"): [3, 3],
        ("Cooperate", "Defect"): [0, 5],
        ("Defect", "Cooperate"): [5, 0],
        ("Defect", "Defect"): [1, 1],
    }


def spoken(bid: str) -> tuple[int, int]:
    """Parse quantity and face of a bid in words."""
    found = re.fullmatch(r"(\d) (?:die|dice) of face (\d)", bid)
    assert found and (found[1] == "1") == (" die " in bid)
    return int(found[1]), int(found[2])


def bid_is_true(bid: str, dice: Sequence[int], wild: int) -> bool:
    """A die counts for its own face, a wild one for every face."""
    quantity, face = spoken(bid)
    return sum(die in (face, wild) for die in dice) >= quantity


@pytest.mark.parametrize("sides", [2, 3, 4])
def test_liars_dice_is_decided_as_its_rules_say(sides: int) -> None:
    game = games.load(f"liars_dice(dice_sides={sides})")
    assert f"Face {sides} is wild" in game.rules()
    start = game.spiel.new_initial_state()
    for history, state in every_end(game):
        dice, moves = [die + 1 for die in history[:2]], history[2:]
        *bids, call = [game.label(start, n % 2, move) for n, move in enumerate(moves)]
        caller = len(bids) % 2
        loser = caller if bid_is_true(bids[-1], dice, sides) else 1 - caller
        assert call == "Liar"
        assert state.returns() == [-1.0 if seat == loser else 1.0 for seat in (0, 1)]


def test_in_liars_dice_every_higher_bid_is_legal_and_no_other() -> None:
    game = games.load("liars_dice(dice_sides=3)")
    every = [(quantity, face) for quantity in (1, 2) for face in (1, 2, 3)]
    for _, state in every_decision(game):
        seat = state.current_player()
        told = [game.label(state, seat, action) for action in state.legal_actions()]
        made = [spoken(game.label(state, 0, bid)) for bid in state.history()[2:]]
        if made:
            assert told.pop() == "Liar"
        assert [spoken(bid) for bid in told] == [b for b in every if not made or b > made[-1]]


def goofspiel_points(game: Game, bids: Sequence[Sequence[int]], prizes: list[int]) -> list[int]:
    """The single highest bid takes the prize; nobody does if two players made it."""
    points = [0] * game.players
    for prize, made in zip(prizes, bids, strict=True):
        best = [seat for seat, bid in enumerate(made) if bid == max(made)]
        if len(best) == 1:
            points[best[0]] += prize
    return points


def goofspiel_result(points: Sequence[int]) -> list[float]:
    """Most points win; several leaders share the win; all equal is a draw."""
    best = [seat for seat, held in enumerate(points) if held == max(points)]
    if len(best) == len(points):
        return [0.0] * len(points)
    share, loss = 1 / len(best), -1 / (len(points) - len(best))
    return [share if seat in best else loss for seat in range(len(points))]


@pytest.mark.parametrize("hidden", [True, False])
@pytest.mark.parametrize("order", ["descending", "ascending", "random"])
@pytest.mark.parametrize("players", [2, 3])
def test_goofspiel_is_won_as_its_rules_say(players: int, order: str, hidden: bool) -> None:
    game = games.load(
        f"goofspiel(imp_info={str(hidden).lower()},num_cards=3,players={players},"
        f"points_order={order})"
    )
    told = {"descending": "from 3 down to 1", "ascending": "from 1 up to 3"}
    assert told.get(order, "in random order") in game.rules()
    for history, state in every_end(game):
        bids = [[card + 1 for card in step] for step in history if isinstance(step, list)]
        # OpenSpiel itself bids the last card of each hand and turns up the last prize.
        bids.append([6 - sum(made[seat] for made in bids) for seat in range(players)])
        prizes = {"descending": [3, 2, 1], "ascending": [1, 2, 3]}.get(order)
        if prizes is None:
            prizes = [step + 1 for step in history if isinstance(step, int)]
            prizes += [6 - sum(prizes)] if len(prizes) == 2 else []
        points = goofspiel_points(game, bids, prizes)
        assert state.returns() == pytest.approx(goofspiel_result(points))
        assert f"Points: {' '.join(map(str, points))} " in str(state)


@pytest.mark.parametrize("name", ["kuhn_poker", "kuhn_poker_3p", "leduc_poker"])
def test_the_rules_name_the_deck_lowest_first(name: str) -> None:
    game = games.load(name)
    cards = 2 * (game.players + 1) if game.short_name == "leduc_poker" else game.players + 1
    deck = "Jack, Queen, King, Ace" if game.players == 3 else "Jack, Queen, King"
    assert f"The deck has {cards} cards" in game.rules()
    assert f" {deck}. " in game.rules()

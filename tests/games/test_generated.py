"""Generated games: a seed fixes one game with complete rules and a known equilibrium."""

import re
from collections.abc import Sequence
from itertools import product

import pyspiel
import pytest

from arena import bot, every_decision, every_end, movers, play_one, setup
from gamegrid import games
from gamegrid.errors import UserError
from gamegrid.games.game import Game, Joint
from gamegrid.games.generated_cards import Deal
from gamegrid.oracles.equilibrium import solved

SEEDS = range(12)
MATRICES = [
    "generated_matrix",
    "generated_matrix(seed=7)",
    "generated_matrix(columns=4,rows=2,seed=7)",
]
CARDS = [f"generated_cards(seed={seed})" for seed in SEEDS if seed]
PAID = re.compile(r"Player 1 chooses (\w+) and Player 2 chooses (\w+), then Player 1 (\w+) (\d+)")


def texts(game: Game) -> tuple[str, ...]:
    start = game.spiel.new_initial_state()
    return (game.rules(), str([game.labels(start, seat) for seat in range(2)]))


@pytest.mark.parametrize("name", MATRICES)
def test_a_table_is_told_as_it_is_paid(name: str) -> None:
    game = games.load(name)
    start = game.spiel.new_initial_state()
    told = {
        (a, b): (1 if verb == "gets" else -1) * int(n)
        for a, b, verb, n in PAID.findall(game.rules())
    }
    first, second = game.labels(start, 0), game.labels(start, 1)
    assert set(told) == set(product(first, second))
    for row, column in product(range(len(first)), range(len(second))):
        end = game.replay([[row, column]])
        assert end.returns() == [
            told[first[row], second[column]],
            -told[first[row], second[column]],
        ]
    assert len({*first, *second}) == len(first) + len(second)


# A fixed sample: the seed must give this table on every machine and in every version.
def test_a_seed_gives_the_same_game_for_good() -> None:
    matrix = games.load("generated_matrix(columns=2,rows=2,seed=5)")
    paid = [[matrix.replay([[row, column]]).returns()[0] for column in (0, 1)] for row in (0, 1)]
    assert paid == [[-5, 4], [-6, -8]]
    assert matrix.labels(matrix.spiel.new_initial_state(), 0) == ("zuba", "bita")
    assert Deal.drawn(5) == Deal(ranking=(5, 3, 1, 2, 4), ante=1, bets=(1,))


def test_seeds_and_sizes_give_different_games() -> None:
    names = [f"generated_matrix(seed={seed})" for seed in SEEDS]
    assert len({texts(games.load(name)) for name in [*names, *MATRICES]}) == len(names) + 1
    assert len({games.load(name).rules() for name in CARDS}) == len(CARDS)


@pytest.mark.parametrize("name", CARDS)
def test_what_a_seat_is_told_of_a_card_game_is_exactly_its_information_state(name: str) -> None:
    game = games.load(name)
    observations: dict[str, str] = {}
    states: dict[str, str] = {}
    for history, state in every_decision(game):
        [seat] = movers(state)
        information = state.information_state_string(seat)
        told = str(
            (game.observation(state, seat), game.history(history, seat), game.labels(state, seat))
        )
        assert states.setdefault(information, told) == told
        assert observations.setdefault(game.observation(state, seat), information) == information


@pytest.mark.parametrize("name", CARDS)
def test_a_card_game_pays_what_its_rules_say(name: str) -> None:
    """Recompute payoffs from the texts of rules and moves."""
    game = games.load(name)
    [ranking] = re.findall(r"they rank ([\d< ]+)\.", game.rules())
    rank = ranking.split(" < ").index
    [ante] = re.findall(r"puts (\d+) chip", game.rules())
    for history, state in every_end(game):
        said = words_said(game, history)
        cards = [
            game.observation(game.replay(history[:1]), seat).split("Your card: ")[1][0]
            for seat in (0, 1)
        ]
        paid = [int(ante), int(ante)]
        folded = None
        for number, word in enumerate(said):
            if word.startswith("Bet"):
                paid[number % 2] += int(word[4:])
            elif word == "Call":
                paid[number % 2] = paid[1 - number % 2]
            elif word == "Fold":
                folded = number % 2
        winner = int(rank(cards[1]) > rank(cards[0])) if folded is None else 1 - folded
        result = paid[1 - winner]
        assert list(state.returns()) == [result if seat == winner else -result for seat in (0, 1)]


def words_said(game: Game, history: Sequence[Joint]) -> list[str]:
    return [line.split(": ")[1] for line in game.history(history, 0)]


@pytest.mark.parametrize("name", [*MATRICES, *CARDS])
def test_the_equilibrium_is_one(name: str) -> None:
    game, best = games.load(name), solved(games.load(name).load_string)
    if game.sequential:
        assert pyspiel.nash_conv(game.spiel, best.policy) == pytest.approx(0, abs=1e-9)
    crew = {"optimal": bot("optimal"), "random": bot("random")}
    played = play_one(setup(game, ("optimal", "random")), crew)
    assert game.spiel.min_utility() <= best.value <= game.spiel.max_utility()
    assert played.status == "complete"


@pytest.mark.parametrize(
    "name",
    [
        "generated_matrix(rows=1)",
        "generated_matrix(columns=9)",
        "generated_matrix(seed=-1)",
        "generated_cards(seed=x)",
        "generated_cards(seed=2147483648)",
        "generated_cards(deck=3)",
    ],
)
def test_unfit_parameters_are_refused(name: str) -> None:
    with pytest.raises(UserError, match=r"^games: "):
        games.load(name)

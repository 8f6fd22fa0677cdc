"""Bots: a move depends only on its place in the episode and on what the seat may know."""

import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from arena import (
    CUTS,
    HIDDEN,
    PERFECT,
    POKER,
    SUITE,
    bot,
    every_decision,
    movers,
    play,
    play_one,
    random_decisions,
    setup,
)
from gamegrid import games
from gamegrid.agents.agent import Agent, Decision, Turn, kinds
from gamegrid.games.game import Game, Joint
from gamegrid.luck import Place
from gamegrid.plan.grid import unsupported_reason

SETTINGS: dict[str, dict[str, Any]] = {
    "random": {},
    "preference": {"prefer": ["Raise", "Call"]},
    "mcts": {"simulations": 20},
    "ismcts": {"simulations": 8},
    "optimal": {},
    "noisy_optimal": {"epsilon": 0.25},
}


def refuses(kind: str, name: str) -> str | None:
    return unsupported_reason(kinds()[kind].settings(type=kind, **SETTINGS[kind]), games.load(name))


# Which bot plays which game

PLAYS = {
    "random": set(SUITE),
    "preference": set(SUITE),
    "mcts": set(PERFECT),
    "ismcts": {*POKER, "blackjack", "bargaining_5"},
    "optimal": {
        "tic_tac_toe",
        "connect_four_4x4",
        "misere_tic_tac_toe",
        "hex(board_size=3)",
        "nim",
        "nim(is_misere=false,pile_sizes=3;4;5)",
        "breakthrough(columns=3,rows=4)",
        "breakthrough_5x4",
        "pig_20",
        "dots_and_boxes",
        "clobber(columns=3,rows=3)",
        "kuhn_poker",
        "leduc_poker",
        "leduc_poker(suit_isomorphism=true)",
        "liars_dice(dice_sides=3)",
        "goofspiel_4",
        "matrix_rps",
        "matrix_mp",
    },
}
PLAYS["noisy_optimal"] = PLAYS["optimal"]


@pytest.mark.parametrize("kind", PLAYS)
def test_a_bot_plays_just_the_games_it_can_play_honestly(kind: str) -> None:
    assert {name for name in SUITE if refuses(kind, name) is None} == PLAYS[kind]


def test_refusals_say_why() -> None:
    assert refuses("mcts", "kuhn_poker") == "mcts needs perfect information"
    assert refuses("mcts", "matrix_rps") == "mcts needs perfect information"
    assert refuses("ismcts", "tic_tac_toe") == "ismcts needs hidden information and moves in turn"
    assert refuses("ismcts", "matrix_rps") == "ismcts needs hidden information and moves in turn"
    resampled = "OpenSpiel cannot resample its hidden information"
    assert refuses("ismcts", "liars_dice") == resampled
    assert refuses("optimal", "liars_dice") == "no exact oracle or equilibrium"
    assert refuses("optimal", "connect_four") == "no exact oracle or equilibrium"
    assert refuses("optimal", "kuhn_poker_3p") == "no exact oracle or equilibrium"


# What a bot may know

Known = tuple[int, list[list[Joint]]]
"""A seat to move, and the histories that it cannot tell apart."""


def information_states(game: Game) -> list[Known]:
    """Return every information state in which a seat moves."""
    found = defaultdict(list)
    for history, state in every_decision(game):
        for seat in movers(state):
            found[seat, state.information_state_string(seat)].append(history)
    return [(seat, histories) for (seat, _), histories in found.items()]


def moves(
    game: Game,
    agent: Agent,
    histories: Sequence[list[Joint]],
    deal: int = 0,
    seat: int | None = None,
) -> list[int]:
    """Return the move after each history, at one place and ply; ``seat`` None means any seat."""
    setups = [
        setup(game, ("bot",) * game.players, opening=tuple(h), max_plies=1, deal=deal)
        for h in histories
    ]
    made = [
        next(d.action for d in episode.decisions if seat in (None, d.seat))
        for episode in play(setups, {"bot": agent})
    ]
    return [action for action in made if action is not None]


@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, name) for kind, names in PLAYS.items() for name in HIDDEN if name in names],
)
def test_a_bot_moves_alike_in_all_hidden_states_of_an_information_state(
    kind: str, name: str
) -> None:
    game, agent = games.load(name), bot(kind, **SETTINGS[kind])
    found = information_states(game)
    # A search takes milliseconds, so large games use a seeded sample of information states.
    checked = sample(found, 150) if kind == "ismcts" else found
    assert sum(len(histories) > 1 for _, histories in checked) >= min(12, len(found))
    for deal, (seat, histories) in enumerate(checked):
        assert len(set(moves(game, agent, histories, deal, seat))) == 1


@pytest.mark.parametrize("name", ["blackjack", "bargaining_5"])
def test_a_search_moves_alike_whatever_is_hidden_in_games_too_large_to_walk(name: str) -> None:
    game, agent = games.load(name), bot("ismcts", simulations=8)
    changed = 0
    for deal, (history, state) in enumerate(random_decisions(game, 15)):
        seat = state.current_player()
        alike = [history]
        for draw in (0.0, 0.5, 0.99):
            alike.append(state.resample_from_infostate(seat, lambda draw=draw: draw).history())
        changed += any(other != history for other in alike)
        assert len(set(moves(game, agent, alike, deal, seat))) == 1
    assert changed > 10


def sample(found: list[Known], size: int) -> list[Known]:
    return Random(3).sample(found, min(size, len(found)))


def test_a_sampled_state_is_not_the_true_one(kuhn_poker: Game) -> None:
    # If the bot got the true state, it would always see the opponent's real card; two are possible.
    cards: Counter[int] = Counter()

    class Peeker:
        """Record the opponent's card in a sampled state (a test double)."""

        def sit(self, place: Place) -> "Peeker":
            return self

        async def decide(self, turn: Turn) -> Decision:
            cards[turn.sample_state().history()[1]] += 1
            return Decision(action=turn.legal[0])

    for deal in range(60):
        moves(kuhn_poker, Peeker(), [[0, 1]], deal)
    assert set(cards) == {1, 2} and min(cards.values()) > 10


# Determinism


@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, name) for kind, names in PLAYS.items() for name in sorted(names) if kind != "random"],
)
def test_a_bot_repeats_itself_in_the_same_place(kind: str, name: str) -> None:
    game = games.load(name)
    if not game.sequential:
        points: list[list[Joint]] = [[]]
    else:
        points = [history for history, _ in random_decisions(game, 1 if name in CUTS else 6)]
    again = [moves(game, bot(kind, **SETTINGS[kind]), points, deal=4) for _ in range(2)]
    assert again[0] == again[1]


PRINT_MOVES = """
import sys
sys.path[:0] = ["scripts", "tests"]
from arena import bot, play, setup
from gamegrid import games
for kind, name in (("mcts", "tic_tac_toe"), ("ismcts", "kuhn_poker"), ("ismcts", "leduc_poker")):
    setups = [setup(games.load(name), ("bot", "bot"), deal=deal) for deal in range(10)]
    print([e.trajectory for e in play(setups, {"bot": bot(kind, simulations=10)})])
"""


def test_searches_repeat_themselves_in_another_process() -> None:
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-c", PRINT_MOVES]
    printed = {subprocess.check_output(command, cwd=root, text=True) for _ in range(2)}
    assert len(printed) == 1


def test_luck_differs_between_deals_seats_and_plies(kuhn_poker: Game) -> None:
    agent = bot("random")
    by_deal = {tuple(moves(kuhn_poker, agent, [[0, 1]], deal)) for deal in range(20)}
    assert len(by_deal) == 2
    setups = [setup(kuhn_poker, ("bot", "bot"), deal=deal) for deal in range(60)]
    first = [[d.action for d in e.decisions[:2]] for e in play(setups, {"bot": agent})]
    assert len({tuple(pair) for pair in first}) == 4


# Each bot


def test_preference_takes_the_first_wanted_label_that_is_legal(kuhn_poker: Game) -> None:
    agent = bot("preference", prefer=["Raise", "Call", "Check"])
    assert moves(kuhn_poker, agent, [[0, 1], [0, 1, 1], [0, 1, 0, 1]]) == [0, 1, 1]
    # Bet and Check are both legal: the order decides.
    assert moves(kuhn_poker, bot("preference", prefer=["Bet", "Check"]), [[0, 1]]) == [1]
    assert moves(kuhn_poker, bot("preference", prefer=["Check", "Bet"]), [[0, 1]]) == [0]
    nothing = bot("preference", prefer=["Resign"])
    assert {moves(kuhn_poker, nothing, [[0, 1]], deal)[0] for deal in range(20)} == {0, 1}


@pytest.mark.parametrize("simulations", [1, 2, 100])
def test_mcts_moves_with_any_number_of_simulations(tic_tac_toe: Game, simulations: int) -> None:
    agent = bot("mcts", simulations=simulations)
    episode = play_one(setup(tic_tac_toe, ("bot", "bot")), {"bot": agent})
    assert episode.status == "complete"


@pytest.mark.parametrize("simulations", [2, 3, 20])
def test_ismcts_moves_with_any_number_of_simulations(simulations: int) -> None:
    game = games.load("leduc_poker")
    agent = bot("ismcts", simulations=simulations)
    episodes = play([setup(game, ("bot", "bot"), deal=d) for d in range(5)], {"bot": agent})
    assert {episode.status for episode in episodes} == {"complete"}


@pytest.mark.parametrize(("kind", "least"), [("mcts", 1), ("ismcts", 2)])
def test_a_search_needs_simulations(kind: str, least: int) -> None:
    with pytest.raises(ValueError, match=f"greater than or equal to {least}"):
        bot(kind, simulations=least - 1)


def test_mcts_takes_a_win_and_ismcts_never_folds_the_best_card(
    tic_tac_toe: Game, kuhn_poker: Game
) -> None:
    mcts, ismcts = bot("mcts", simulations=200), bot("ismcts", simulations=200)
    for deal in range(10):
        assert moves(tic_tac_toe, mcts, [[0, 3, 1, 4]], deal) == [2]
        assert moves(kuhn_poker, ismcts, [[1, 2, 1]], deal) == [1]


def results(
    game: Game, deals: int, first: str, second: str, agents: dict[str, Agent]
) -> Iterator[float]:
    """Return the mean return of ``first`` over both seatings of each deal."""
    for deal in range(deals):
        setups = [
            setup(game, (first, second), deal=deal, seating=0),
            setup(game, (second, first), deal=deal, seating=1),
        ]
        one, other = play(setups, agents)
        yield ((one.seats[0].return_ or 0.0) + (other.seats[1].return_ or 0.0)) / 2


def test_optimal_never_loses_tic_tac_toe_and_beats_random(tic_tac_toe: Game) -> None:
    mcts = bot("mcts", simulations=50)
    agents = {"optimal": bot("optimal"), "random": bot("random"), "mcts": mcts}
    for opponent, deals in (("random", 100), ("mcts", 50)):
        for deal in range(deals):
            for seats in (("optimal", opponent), (opponent, "optimal")):
                episode = play_one(setup(tic_tac_toe, seats, deal=deal), agents)
                own = episode.seats[seats.index("optimal")]
                assert own.return_ is not None and own.return_ >= 0
    won = list(results(tic_tac_toe, 50, "optimal", "random", agents))
    assert sum(won) / len(won) > 0.5


def test_optimal_draws_every_choice_of_rock_paper_scissors_equally(matrix_rps: Game) -> None:
    episodes = 2000
    setups = [setup(matrix_rps, ("bot", "bot"), deal=deal) for deal in range(episodes)]
    played = play(setups, {"bot": bot("optimal")})
    for seat in (0, 1):
        counts = Counter(e.decisions[seat].label for e in played)
        # Four standard errors of a share of 1/3.
        allowed = 4 * (episodes * (1 / 3) * (2 / 3)) ** 0.5
        assert set(counts) == {"Rock", "Paper", "Scissors"}
        assert all(abs(count - episodes / 3) < allowed for count in counts.values())
    # The seats choose independently, so a third of the episodes are ties.
    ties = sum(e.seats[0].score == 0.5 for e in played)
    assert abs(ties - episodes / 3) < allowed


@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0])
def test_noisy_optimal_errs_as_often_as_stated(tic_tac_toe: Game, rate: float) -> None:
    """x wins at once on one of 5 empty cells, so an error is another move 4 times out of 5."""
    deals, agent = 1000, bot("noisy_optimal", epsilon=rate)
    made = [moves(tic_tac_toe, agent, [[0, 3, 1, 4]], deal) for deal in range(deals)]
    counts = Counter(move for [move] in made)
    other = rate * 4 / 5
    assert abs(counts[2] - deals * (1 - other)) <= 4 * (deals * other * (1 - other)) ** 0.5
    if rate == 1.0:
        assert set(counts) == {2, 5, 6, 7, 8}
        assert max(counts.values()) < deals / 5 + 4 * (deals * 0.2 * 0.8) ** 0.5


@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan")])
def test_an_error_rate_is_a_probability(rate: float) -> None:
    with pytest.raises(ValueError, match="epsilon"):
        bot("noisy_optimal", epsilon=rate)


# Nobody beats an equilibrium


def standing(gains: Sequence[float]) -> tuple[float, float]:
    """Return the mean and its standard error, with deals as the units."""
    n = len(gains)
    mean = sum(gains) / n
    return mean, (sum((g - mean) ** 2 for g in gains) / (n - 1) / n) ** 0.5


@pytest.mark.parametrize(
    ("name", "deals", "eager"),
    [
        ("kuhn_poker", 300, ["Bet", "Call"]),
        ("leduc_poker", 120, ["Raise", "Call", "Check"]),
        pytest.param("kuhn_poker", 1500, ["Bet", "Call"], marks=pytest.mark.nightly),
        pytest.param("leduc_poker", 600, ["Raise", "Call", "Check"], marks=pytest.mark.nightly),
    ],
)
def test_no_bot_earns_anything_against_an_equilibrium(
    name: str, deals: int, eager: list[str]
) -> None:
    game = games.load(name)
    agents = {
        "optimal": bot("optimal"),
        "random": bot("random"),
        "eager": bot("preference", prefer=eager),
        "ismcts": bot("ismcts", simulations=50),
    }
    for opponent in ("random", "eager", "ismcts"):
        # Over both seats the value of the game cancels out, so an equilibrium gets at least 0.
        mean, error = standing(list(results(game, deals, "optimal", opponent, agents)))
        assert -mean <= 3 * error, opponent
        if opponent != "ismcts":
            assert mean > 0, opponent

"""Repeated games show every round and pay as the rules say."""

import re
from collections.abc import Sequence
from itertools import pairwise

import pytest

from arena import REPEATED, bot, every_decision, movers, play_one, random_decisions, setup
from gamegrid import games
from gamegrid.games.game import Dilemma, Game, Scoring

DILEMMAS = ("prisoners_dilemma", "matrix_pd", "matrix_sh", "matrix_cd")

Table = dict[tuple[str, ...], list[int]]
"""Points by joint choice, with choices in words."""


def amounts(text: str) -> list[int]:
    """Parse the points got or lost, in the order of the text."""
    found = re.findall(r"(gets|got|loses|lost) (\d+) points?", text)
    assert all(n != "0" for verb, n in found if verb in ("loses", "lost"))
    return [int(n) if verb in ("gets", "got") else -int(n) for verb, n in found]


def table(game: Game) -> Table:
    """Parse the payoffs from the rules."""
    told = re.findall(r"If (.*?), then (.*?)\.", game.rules())
    return {tuple(re.findall(r"chooses (\w+)", chosen)): amounts(paid) for chosen, paid in told}


def rps_table() -> Table:
    """Rock beats Scissors, Scissors beats Paper, Paper beats Rock."""
    beats = ("Rock", "Scissors", "Paper", "Rock")
    wins = set(pairwise(beats))
    words = beats[:3]
    value = {(a, b): int((a, b) in wins) - int((b, a) in wins) for a in words for b in words}
    return {pair: [points, -points] for pair, points in value.items()}


def payoffs(name: str) -> Table:
    game = games.load(name)
    return table(game) or rps_table()


@pytest.mark.parametrize("name", REPEATED)
def test_all_rounds_are_paid_by_one_table_and_all_points_count(name: str) -> None:
    game = games.load(name)
    paid = payoffs(name)
    start = game.spiel.new_initial_state()
    choices = len(start.legal_actions(0))
    assert len(paid) == choices**game.players
    for history, state in random_decisions(game, 30):
        totals = [0] * game.players
        for joint in history:
            assert isinstance(joint, list)
            named = tuple(game.label(start, seat, action) for seat, action in enumerate(joint))
            totals = [held + n for held, n in zip(totals, paid[named], strict=True)]
        assert totals == state.returns()


@pytest.mark.parametrize("name", REPEATED)
def test_a_view_tells_every_round_and_all_points_from_its_own_side(name: str) -> None:
    game = games.load(name)
    paid = payoffs(name)
    for history, state in random_decisions(game, 10):
        for seat in range(game.players):
            order = [seat, *(s for s in range(game.players) if s != seat)]
            who, now, *rounds = game.observation(state, seat).split("\n")
            assert who.startswith(f"You are Player {seat + 1}. ")
            assert who.count("Player") == game.players
            assert now.startswith(f"Now: round {len(history) + 1} of {game.max_plies}. ")
            held = [int(n) for n in re.findall(r"ha(?:ve|s) (-?\d+)", now)]
            assert held == [state.returns()[s] for s in order]
            if not history:
                assert rounds == ["No round has been played yet."]
                continue
            assert len(rounds) == len(history)
            for number, (line, joint) in enumerate(zip(rounds, history, strict=True), 1):
                assert line.startswith(f"Round {number}: you chose ")
                named = re.findall(r"(you|Player \d) chose (\w+)", line)
                assert [name for name, _ in named[1:]] == [f"Player {s + 1}" for s in order[1:]]
                assert isinstance(joint, list)
                labels = [game.label(state, s, joint[s]) for s in order]
                assert [word for _, word in named] == labels
                by_seat = tuple(game.label(state, s, a) for s, a in enumerate(joint))
                assert amounts(line) == [paid[by_seat][s] for s in order]


def test_the_view_tells_information_states_apart_exactly() -> None:
    """Before round n there are 4 ** (n - 1) histories, which both seats know."""
    game = games.load("repeated_game(num_repetitions=3,stage_game=matrix_pd())")
    observations: dict[tuple[int, str], str] = {}
    for _, state in every_decision(game):
        assert movers(state) == [0, 1]
        for seat in (0, 1):
            known = (seat, state.information_state_string(seat))
            assert observations.setdefault(
                known, game.observation(state, seat)
            ) == game.observation(state, seat)
    assert len(observations) == len(set(observations.values())) == 2 * (1 + 4 + 16)


def test_a_player_sees_all_rounds_whatever_recall_is() -> None:
    played: Sequence[list[int]] = [[0, 1], [1, 1], [0, 0], [1, 0]]
    seen = {
        games.load(f"repeated_game(num_repetitions=5,recall={recall},stage_game=matrix_pd())")
        .replay(played)
        .information_state_string(0)
        for recall in (1, 2, 5)
    }
    assert len(seen) == 1
    observations = set()
    for recall in (1, 2, 5):
        game = games.load(
            f"repeated_game(num_repetitions=5,recall={recall},stage_game=matrix_pd())"
        )
        observations.add((game.observation(game.replay(played), 0), game.rules()))
    assert len(observations) == 1
    assert "Round 1: you chose Cooperate and Player 2 chose Defect" in observations.pop()[0]


@pytest.mark.parametrize("rounds", [2, 7, 100])
def test_the_rules_say_how_many_rounds_there_are(rounds: int) -> None:
    game = games.load(f"repeated_game(num_repetitions={rounds},stage_game=matrix_sh())")
    assert f"all know from the start that there are {rounds} rounds" in game.rules()
    assert f"over all {rounds} rounds, whatever others get." in game.rules()
    assert game.title == f"Stag hunt ({rounds} rounds)"
    assert game.max_plies == rounds


def test_amounts_decide_where_points_add_up_to_zero_and_nothing_is_won_elsewhere() -> None:
    assert games.load("repeated_rps").scoring is Scoring.MARGIN
    for name in ("prisoners_dilemma", "stag_hunt", "chicken"):
        assert games.load(f"repeated_{name}").scoring is Scoring.PAYOFF


def test_a_repeated_game_is_of_the_family_of_its_stage() -> None:
    assert games.load("repeated_chicken").family == games.load("matrix_cd").family


def test_both_are_asked_from_one_state(matrix_rps: Game) -> None:
    game = games.load("repeated_rps")
    seats = ("rock", "any")
    agents = {"rock": bot("preference", prefer=["Rock"]), "any": bot("random")}
    episode = play_one(setup(game, seats), agents)
    assert (episode.status, episode.plies) == ("complete", 10)
    for ply in range(10):
        told = [d.observation for d in episode.decisions if d.ply == ply]
        assert len(told) == 2
        assert all(text.count("Round ") == ply for text in told)
    assert sum(seat.return_ or 0 for seat in episode.seats) == 0


# Dilemmas


@pytest.mark.parametrize("name", DILEMMAS)
def test_cooperation_is_what_makes_the_game_a_social_dilemma(name: str) -> None:
    """Macy and Flache, PNAS 99 (2002) 7229: R > P, R > S, 2R >= T + S, and T > R or P > S.

    They require 2R > T + S. In matrix_pd, OpenSpiel's prisoner's dilemma, both sides are equal.
    """
    game = games.load(name)
    dilemma = game.dilemma
    assert dilemma is not None
    c, d = dilemma.cooperate, dilemma.defect
    assert sorted((c, d)) == sorted(game.spiel.new_initial_state().legal_actions(0))
    got = {(a, b): game.replay([[a, b]]).returns() for a in (c, d) for b in (c, d)}
    assert all(got[a, b] == got[b, a][::-1] for a, b in got)
    r, s, t, p = (got[pair][0] for pair in ((c, c), (c, d), (d, c), (d, d)))
    assert r > p and r > s
    assert 2 * r == t + s if name == "matrix_pd" else 2 * r > t + s
    assert t > r or p > s
    repeated = games.load(f"repeated_game(num_repetitions=4,stage_game={name}())")
    assert repeated.dilemma == dilemma


def test_the_prisoners_dilemmas_are_told_apart_by_their_points() -> None:
    """The usual payoffs are those of Axelrod, The Evolution of Cooperation (1984), figure 1."""
    points = {"prisoners_dilemma": "3, 0, 5 and 1", "matrix_pd": "5, 0, 10 and 1"}
    for name, told in points.items():
        game, repeated = games.load(name), games.load(f"repeated_{name}")
        assert game.title == f"Prisoner's dilemma for {told} points (one round)"
        assert repeated.title == f"Prisoner's dilemma for {told} points (10 rounds)"
        assert game.family == repeated.family == "prisoners_dilemma"


def test_a_dilemma_is_declared_by_the_words_of_its_actions() -> None:
    said = {}
    for name in DILEMMAS:
        game = games.load(name)
        start, dilemma = game.spiel.new_initial_state(), game.dilemma
        assert isinstance(dilemma, Dilemma)
        said[name] = tuple(game.label(start, 0, a) for a in (dilemma.cooperate, dilemma.defect))
    assert said == {
        "prisoners_dilemma": ("Cooperate", "Defect"),
        "matrix_pd": ("Cooperate", "Defect"),
        "matrix_sh": ("Stag", "Hare"),
        "matrix_cd": ("Chicken", "Dare"),
    }


@pytest.mark.parametrize("name", ["matrix_mp", "matrix_rps", "matching_pennies_3p", "kuhn_poker"])
def test_where_cooperation_means_nothing_no_dilemma_is_declared(name: str) -> None:
    assert games.load(name).dilemma is None

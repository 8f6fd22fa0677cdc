"""Best responses: by hand, by trying every strategy, and by OpenSpiel's algorithm."""

import json
from collections.abc import Mapping
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import pyspiel
import pytest

from arena import bot, play, setup
from gamegrid import games
from gamegrid.agents.agent import kinds
from gamegrid.agents.scripted import cooperates
from gamegrid.analysis.references import Missing, best_responses
from gamegrid.games.game import Game, apply
from gamegrid.oracles import response
from gamegrid.oracles.response import KnownPolicy, TooLargeError, best_response
from gamegrid.plan import plan

STRATEGIES = ("tit_for_tat", "grim_trigger", "win_stay_lose_shift", "always_defect")


def known(game: Game, kind: str, **settings: Any) -> KnownPolicy:
    declared = kinds()[kind]
    assert declared.policy is not None
    return KnownPolicy(
        declared.policy(declared.settings(type=kind, **settings), game), declared.memory
    )


def best(game: Game, seat: int, other: KnownPolicy) -> float:
    starts = [(game.spiel.new_initial_state(), 1.0)]
    others = {each: other for each in range(game.players) if each != seat}
    return best_response(game, seat, others, starts)


@pytest.mark.parametrize(
    ("name", "kind", "settings", "worth"),
    [
        # Axelrod (1984), figure 1: 3, 0, 5, 1. Defecting is best against anything: 1 against a
        # defector, (5 + 1) / 2 against random play.
        ("prisoners_dilemma", "scripted", {"strategy": "always_defect"}, 1),
        ("prisoners_dilemma", "scripted", {"strategy": "always_cooperate"}, 5),
        ("prisoners_dilemma", "random", {}, 3),
        # Against tit for tat: cooperate nine times and defect at the end: 9 * 3 + 5.
        ("repeated_prisoners_dilemma", "scripted", {"strategy": "tit_for_tat"}, 32),
        ("repeated_prisoners_dilemma", "scripted", {"strategy": "always_defect"}, 10),
        ("repeated_prisoners_dilemma", "random", {}, 30),
        # OpenSpiel's stag hunt pays 2 for two stags, and 1 for a hare whatever the other does.
        ("matrix_sh", "preference", {"prefer": ["Stag"]}, 2),
        ("matrix_sh", "preference", {"prefer": ["Hare"]}, 1),
        ("matrix_rps", "random", {}, 0),
        ("matrix_rps", "preference", {"prefer": ["Rock"]}, 1),
    ],
)
def test_by_hand(name: str, kind: str, settings: dict[str, Any], worth: float) -> None:
    game = games.load(name)
    for seat in range(2):
        assert best(game, seat, known(game, kind, **settings)) == pytest.approx(worth)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("stage", ["prisoners_dilemma", "matrix_sh", "matrix_cd"])
def test_nothing_that_could_be_done_in_six_rounds_gets_more(strategy: Any, stage: str) -> None:
    """Against a player without luck, a fixed list of actions covers every possible strategy."""
    game = games.load(f"repeated_game(num_repetitions=6,stage_game={stage}())")
    table = games.load(stage)
    dilemma = game.dilemma
    assert dilemma is not None
    paid = []
    for own in product([True, False], repeat=6):
        total = 0.0
        for n, cooperative in enumerate(own):
            # The other player's actions follow from the actions it has seen.
            theirs: list[bool] = []
            for m in range(n + 1):
                theirs.append(cooperates(strategy, theirs, own[:m]))
            joint = [
                dilemma.cooperate if mine else dilemma.defect for mine in (cooperative, theirs[n])
            ]
            total += table.replay([joint]).returns()[0]
        paid.append(total)
    assert best(game, 0, known(game, "scripted", strategy=strategy)) == max(paid)


@pytest.mark.parametrize("seat", [0, 1])
def test_an_auction_against_random_bids_by_expectation(seat: int) -> None:
    """Values 1 to 4; the other bids 0 to its value - 1 with equal probability; ties are drawn."""
    game = games.load("first_sealed_auction(max_value=4)")
    likely = dict.fromkeys(range(4), Fraction(0))
    for value in range(1, 5):
        for bid in range(value):
            likely[bid] += Fraction(1, 4 * value)
    won = [sum(likely[other] for other in range(bid)) + likely[bid] / 2 for bid in range(4)]
    worth = [max((value - bid) * won[bid] for bid in range(value)) for value in range(1, 5)]
    assert best(game, seat, known(game, "random")) == pytest.approx(float(sum(worth) / 4))


@pytest.mark.parametrize("name", ["kuhn_poker", "leduc_poker", "liars_dice(dice_sides=3)"])
def test_where_cards_are_hidden_it_is_openspiels(name: str) -> None:
    """Both players' gains against uniform play sum to NashConv, because the game is zero-sum."""
    game = games.load(name)
    random = known(game, "random")
    gain = pyspiel.nash_conv(game.spiel, pyspiel.UniformRandomPolicy(game.spiel))
    assert sum(best(game, seat, random) for seat in range(2)) == pytest.approx(gain)


@pytest.mark.parametrize(
    ("name", "kind", "settings"),
    [
        ("kuhn_poker", "preference", {"prefer": ["Bet", "Call"]}),
        ("repeated_stag_hunt", "preference", {"prefer": ["Stag"]}),
        *(("repeated_prisoners_dilemma", "scripted", {"strategy": each}) for each in STRATEGIES),
    ],
)
def test_a_policy_is_what_the_bot_plays(name: str, kind: str, settings: dict[str, Any]) -> None:
    """The policy does not depend on anything that its memory leaves out."""
    game = games.load(name)
    told = known(game, kind, **settings)
    agents = {"bot": bot(kind, **settings), "random": bot("random")}
    remembered: dict[object, Mapping[int, float]] = {}
    for one in play((setup(game, ["random", "bot"], deal=deal) for deal in range(8)), agents):
        state = game.spiel.new_initial_state()
        for step in json.loads(one.trajectory):
            if state.is_simultaneous_node() or state.current_player() == 1:
                chances = told.policy(state, 1)
                assert chances == {step[1] if isinstance(step, list) else step: 1.0}
                if told.memory and isinstance(step, list):
                    moment = (len(state.history()), told.memory(state, 1))
                    assert remembered.setdefault(moment, chances) == chances
            apply(state, step)


def test_a_game_that_is_too_large_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    game = games.load("blackjack")
    with pytest.raises(TooLargeError):
        best_response(game, 0, {}, [(game.spiel.new_initial_state(), 1.0)])
    monkeypatch.setattr(response, "STATES", 5)
    repeated = games.load("repeated_rps")
    with pytest.raises(TooLargeError):
        best(repeated, 0, known(repeated, "random"))


def test_each_agent_of_a_grid_is_held_against_who_it_met(tmp_path: Path) -> None:
    raw = {
        "games": ["prisoners_dilemma", "matching_pennies_3p", "blackjack"],
        "agents": {
            "random": {"type": "random"},
            "heads": {"type": "preference", "prefer": ["Heads"]},
            "hell": {"type": "scripted", "strategy": "always_defect"},
            "model": {"type": "llm", "model": "hf_tiny"},
        },
    }
    made = plan.make(raw, tmp_path)
    found = {
        (row.game, row.matchup, row.agent): (row.best_return, row.reason)
        for cell in made.reference_cells.responses
        for row in best_responses(made, cell)
    }
    assert found["prisoners_dilemma", "hell--model", "model"] == (1, None)
    assert found["prisoners_dilemma", "hell--model", "hell"] == (None, Missing.OPPONENT_UNKNOWN)
    assert found["blackjack", "model", "model"] == (None, Missing.TOO_LARGE)
    assert found["matching_pennies_3p", "heads--model--random", "random"] == (
        None,
        Missing.OPPONENT_UNKNOWN,
    )
    assert found["matching_pennies_3p", "heads--model--random", "model"][1] is None
    short = plan.make(raw | {"games": ["repeated_prisoners_dilemma"], "max_plies": 3}, tmp_path)
    cells = [row for cell in short.reference_cells.responses for row in best_responses(short, cell)]
    assert {row.reason for row in cells} == {Missing.CUT_OFF}

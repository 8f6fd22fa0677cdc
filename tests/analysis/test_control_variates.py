"""Control variates: corrections with expectation 0, and less variance if the values are good."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import numpy as np
import pyspiel
import pytest

from arena import Chooser, bot, play, setup
from gamegrid import games
from gamegrid.agents.agent import Decision, Turn, kinds
from gamegrid.analysis.control_variates import Line, correct_game, correction, known_policies
from gamegrid.games.game import Game, Joint
from gamegrid.games.policy import Policy, successors
from gamegrid.oracles.value_function import (
    PolicyValues,
    ValueFunction,
    Values,
    has_value_function,
    value_function,
)
from gamegrid.records import chunkfile
from gamegrid.records.record_types import DecisionStatus, RunRecord
from variates_simulated import Played, coverage, variance_left

BOTS: dict[str, dict[str, Any]] = {
    "random": {"type": "random"},
    "optimal": {"type": "optimal"},
    "erring": {"type": "noisy_optimal", "epsilon": 0.5},
    "betting": {"type": "preference", "prefer": ["Bet", "Call", "Raise"]},
}
FAILS = 0.3
"""How often the failing agent of a simulation names no move."""
RUN = RunRecord(run_id="run", started_at="2025-01-01T00:00:00", config="{}", code_version="1",
                interpreter="3", packages="{}", host="{}")  # fmt: skip


def policy_of(name: str, game: Game) -> Policy:
    kind = kinds()[BOTS[name]["type"]]
    assert kind.policy is not None
    return kind.policy(kind.settings.model_validate(BOTS[name]), game)


class Wrong:
    """Values that have nothing to do with the game, different for each history and seat."""

    name = "wrong"

    def values(self, state: pyspiel.State) -> Values:
        digest = hashlib.sha256(state.history_str().encode()).digest()
        return tuple(float(digest[seat]) for seat in range(state.num_players()))


def reference(game: Game) -> ValueFunction:
    values = value_function(game.load_string)
    assert values is not None
    return values


@dataclass(frozen=True)
class End:
    """One way an episode may go."""

    trajectory: tuple[Joint, ...]
    chance: float
    returns: Sequence[float]
    failed: int | None = None


def ends(game: Game, policies: Sequence[Policy], fails: Mapping[int, float]) -> Iterator[End]:
    """Yield every way an episode may go. ``fails``: how often a seat names no move, by seat.

    After a failure, a move at random takes its place, as for an agent that falls back.
    """

    def go(state: pyspiel.State, end: End, ply: int) -> Iterator[End]:
        if state.is_terminal():
            yield replace(end, returns=state.returns())
            return
        if state.is_chance_node() or state.is_simultaneous_node():
            for child, chance in successors(state, policies):
                step = _step(state, child)
                after = replace(end, trajectory=(*end.trajectory, step), chance=end.chance * chance)
                yield from go(child, after, ply + (not state.is_chance_node()))
            return
        seat = state.current_player()
        legal, often = state.legal_actions(), fails.get(seat, 0.0)
        for action in legal:
            wanted = policies[seat](state, seat).get(action, 0.0)
            first = ply if end.failed is None else end.failed
            for chance, failed in (
                ((1 - often) * wanted, end.failed),
                (often / len(legal), first),
            ):
                if chance > 0:
                    after = replace(
                        end,
                        trajectory=(*end.trajectory, action),
                        chance=end.chance * chance,
                        failed=failed,
                    )
                    yield from go(state.child(action), after, ply + 1)

    yield from go(game.spiel.new_initial_state(), End((), 1.0, ()), 0)


def _step(state: pyspiel.State, child: pyspiel.State) -> Joint:
    new = child.history()[len(state.history()) :]
    return list(new) if state.is_simultaneous_node() else new[0]


def line(end: End, policies: Sequence[Policy | None]) -> Line:
    return Line(trajectory=end.trajectory, opening=0, policies=policies, failed=end.failed)


@pytest.mark.parametrize("name", ["kuhn_poker", "generated_cards(seed=5)", "generated_matrix"])
@pytest.mark.parametrize("values_of", [reference, lambda _: Wrong()], ids=["reference", "wrong"])
@pytest.mark.parametrize(
    ("first", "second"), [("random", "optimal"), ("erring", "random"), ("erring", "betting")]
)
@pytest.mark.parametrize("known", [(), (0,), (1,), (0, 1)])
def test_a_correction_has_expectation_0_whatever_the_values_and_the_other_seats(
    name: str,
    values_of: Callable[[Game], ValueFunction],
    first: str,
    second: str,
    known: tuple[int, ...],
) -> None:
    """By enumeration of all episodes: strict returns keep their mean to the last digits."""
    game = games.load(name)
    policies = [policy_of(first, game), policy_of(second, game)]
    told = [policy if seat in known else None for seat, policy in enumerate(policies)]
    values, unknown = values_of(game), {0, 1} - set(known)
    for fails in ({}, dict.fromkeys(unknown, FAILS)):
        total, mean, largest = 0.0, np.zeros(2), 0.0
        for end in ends(game, policies, fails):
            found = correction(values, game, line(end, told))
            assert found is not None
            total += end.chance
            mean += end.chance * found
            largest = max(largest, float(np.abs(found).max()))
        assert total == pytest.approx(1, abs=1e-12)
        assert mean == pytest.approx([0, 0], abs=1e-9)
        assert largest > 0.1 or not game.chance


def test_a_correction_that_knew_too_much_would_be_found() -> None:
    """The test above can fail: a policy that is not the one that played has another mean."""
    game = games.load("kuhn_poker")
    policies = [policy_of("erring", game), policy_of("optimal", game)]
    told = [policy_of("random", game), None]
    mean = np.zeros(2)
    for end in ends(game, policies, {}):
        found = correction(reference(game), game, line(end, told))
        assert found is not None
        mean += end.chance * found
    assert abs(mean[0]) > 0.01


def test_with_all_policies_known_and_their_own_values_nothing_is_left_to_luck() -> None:
    game = games.load("kuhn_poker")
    policies = (policy_of("erring", game), policy_of("betting", game))
    values = PolicyValues("own", policies)
    start = values.values(game.spiel.new_initial_state())
    for end in ends(game, policies, {}):
        found = correction(values, game, line(end, policies))
        assert np.add(end.returns, found) == pytest.approx(start, abs=1e-12)


def deal_variances(
    game: Game, pair: tuple[Policy, Policy], known: tuple[bool, bool]
) -> list[float]:
    """Return the exact variance of a deal's mean over both seatings, as played and as corrected.

    A deal fixes the cards. The values are those of the first agent of the pair.
    """
    moments: dict[tuple[int, ...], np.ndarray] = {}
    chances: dict[tuple[int, ...], float] = {}
    for seating in ((0, 1), (1, 0)):
        policies = [pair[agent] for agent in seating]
        told = [pair[agent] if known[agent] else None for agent in seating]
        for end in ends(game, policies, {}):
            cards = tuple(end.trajectory[: game.players])  # type: ignore[arg-type]
            found = correction(reference(game), game, line(end, told))
            assert found is not None
            seat = seating.index(0)
            plain = end.returns[seat]
            values = np.array([[plain, plain**2], [plain + found[seat], 0]])
            values[1, 1] = values[1, 0] ** 2
            held = moments.setdefault(cards, np.zeros((2, 2, 2)))
            held[seating[0]] += end.chance * values
            chances[cards] = chances.get(cards, 0.0) + end.chance / 2
    mean, square = np.zeros(2), np.zeros(2)
    for cards, held in moments.items():
        first, second = held / chances[cards]
        centre = (first[:, 0] + second[:, 0]) / 2
        spread = sum(part[:, 1] - part[:, 0] ** 2 for part in (first, second)) / 4
        mean += chances[cards] * centre
        square += chances[cards] * (spread + centre**2)
    assert mean[0] == pytest.approx(mean[1], abs=1e-9)
    return list(square - mean**2)


@pytest.mark.parametrize("known", [(True, False), (False, True)])
def test_beyond_the_pairing_a_third_of_the_variance_goes_in_kuhn_poker(
    known: tuple[bool, bool],
) -> None:
    """Random play against the equilibrium, one policy known: .655 and .664 of the variance."""
    game = games.load("kuhn_poker")
    pair = (policy_of("random", game), policy_of("optimal", game))
    plain, corrected = deal_variances(game, pair, known)
    assert 0.60 < corrected / plain < 0.70


def test_between_unknown_policies_only_the_cards_are_corrected_and_the_pairing_did_that() -> None:
    game = games.load("kuhn_poker")
    pair = (policy_of("random", game), policy_of("optimal", game))
    plain, corrected = deal_variances(game, pair, (False, False))
    assert corrected == pytest.approx(plain, abs=1e-9)


def test_a_move_that_the_known_policy_never_makes_has_no_correction() -> None:
    game = games.load("kuhn_poker")
    checked = End((0, 1, 0, 0), 1.0, ())
    policies = [policy_of("betting", game), None]
    assert correction(reference(game), game, line(checked, policies)) is None
    failed = replace(checked, failed=0)
    assert correction(reference(game), game, line(failed, policies)) is not None


def test_luck_after_a_failure_is_not_corrected() -> None:
    """The strict return is settled by then: only the cards dealt before are."""
    game, values = games.load("kuhn_poker"), reference(games.load("kuhn_poker"))
    policies = [policy_of("random", game)] * 2
    kings = [End((2, 0, *moves), 1.0, (), failed=0) for moves in ((0, 0), (1, 1), (1, 0))]
    found = [correction(values, game, line(end, policies)) for end in kings]
    start = game.spiel.new_initial_state()
    expected = np.subtract(values.values(start), values.values(game.replay([2, 0])))
    for each in found:
        assert each == pytest.approx(expected, abs=1e-12)


def test_models_and_searches_have_no_known_policy() -> None:
    game = games.load("kuhn_poker")
    bots = {name: kinds()[one["type"]].settings.model_validate(one) for name, one in BOTS.items()}
    others: dict[str, dict[str, Any]] = {
        "model": {"type": "llm", "model": "hf_tiny"},
        "search": {"type": "ismcts", "simulations": 10},
        "dilemmas": {"type": "scripted", "strategy": "always_defect"},
    }
    for name, one in others.items():
        bots[name] = kinds()[one["type"]].settings.model_validate(one)
    assert known_policies(bots, game).keys() == BOTS.keys()


def test_only_margin_games_with_a_reference_have_values() -> None:
    for name in ("kuhn_poker", "leduc_poker", "generated_cards", "generated_matrix"):
        assert has_value_function(games.load(name))
    for name in ("tic_tac_toe", "kuhn_poker_3p", "liars_dice_4", "matrix_pd", "blackjack"):
        assert not has_value_function(games.load(name))
        assert value_function(name) is None


def test_values_are_identified_by_what_they_are_computed_from() -> None:
    """A disguise has those of its plain game, with the same name."""
    different = ("kuhn_poker", "leduc_poker", "generated_cards", "generated_cards(seed=5)")
    names = [reference(games.load(name)).name for name in different]
    assert len(set(names)) == 4
    assert reference(games.load("sealed_parcels")).name == names[0]


def clumsy(turn: Turn) -> Decision:
    """Fail now and then: fall back to a random move, or forfeit."""
    draw: Random = turn.draw("clumsy")
    move = draw.choice(turn.legal)
    match draw.randrange(6):
        case 0:
            return Decision(action=None, status=DecisionStatus.FORFEIT)
        case 1:
            return Decision(action=move, status=DecisionStatus.FALLBACK)
    return Decision(action=move)


def test_every_seat_of_every_episode_has_a_row(tmp_path: Path) -> None:
    game = games.load("leduc_poker")
    agents = {"optimal": bot("optimal"), "clumsy": Chooser(clumsy)}
    seatings = [("optimal", "clumsy"), ("clumsy", "optimal")]
    episodes = play(
        [
            setup(game, seats, deal=deal, seating=seating)
            for deal in range(20)
            for seating, seats in enumerate(seatings)
        ],
        agents,
    )
    chunk, output = tmp_path / "chunk.parquet", tmp_path / "corrections/leduc_poker.parquet"
    chunkfile.write(chunk, RUN, episodes, "{}")
    policy = policy_of("optimal", game)
    correct_game(game, [chunk], {"optimal": policy}, output)
    with duckdb.connect() as connection:
        rows = connection.execute("FROM read_parquet(?)", [str(output)]).fetchall()
    found = {(episode, seat): value for episode, seat, value, _ in rows}
    assert {name for *_, name in rows} == {reference(game).name}
    assert len(rows) == len(found) == 2 * len(episodes)
    failed = 0
    for episode in episodes:
        plies = [d.ply for d in episode.decisions if d.status in ("fallback", "forfeit")]
        failed += bool(plies)
        told = [policy if seat.agent == "optimal" else None for seat in episode.seats]
        expected = correction(
            reference(game),
            game,
            Line(
                trajectory=json.loads(episode.trajectory),
                opening=0,
                policies=told,
                failed=min(plies, default=None),
            ),
        )
        assert expected is not None
        for seat in (0, 1):
            assert found[episode.episode_id, seat] == pytest.approx(expected[seat], abs=1e-12)
    assert 0 < failed < len(episodes)


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("name", "left"),
    # Exact variances by enumeration, as in deal_variances.
    [("kuhn_poker", {"random": 0.655, "optimal": 0.664}),
     ("leduc_poker", {"random": 0.379, "optimal": 0.555})],
)  # fmt: skip
def test_adjusted_intervals_cover_the_exact_mean_in_play(
    name: str, left: Mapping[str, float]
) -> None:
    """4,000 deals, seed 11; 200 intervals of 20 deals miss within three standard errors of 5 %."""
    played = Played.of(name, 4000, 11)
    plain = played.plain()
    for known, expected in left.items():
        values = played.corrected([known]).values
        assert variance_left(plain, values) == pytest.approx(expected, abs=0.06)
        error = values.std() / len(values) ** 0.5
        assert abs(values.mean() - played.truth) < 4 * error
        assert abs(coverage(values, played.truth, 20) - 0.95) < 3 * (0.95 * 0.05 / 200) ** 0.5


def test_a_game_of_which_nothing_was_played_yet_has_no_rows(tmp_path: Path) -> None:
    """As in interim results."""
    kuhn, leduc = games.load("kuhn_poker"), games.load("leduc_poker")
    chunk, output = tmp_path / "chunk.parquet", tmp_path / "leduc_poker.parquet"
    chunkfile.write(chunk, RUN, play([setup(kuhn, ["a", "a"])], {"a": bot("random")}), "{}")
    correct_game(leduc, [chunk], {}, output)
    with duckdb.connect() as connection:
        assert connection.execute("FROM read_parquet(?)", [str(output)]).fetchall() == []

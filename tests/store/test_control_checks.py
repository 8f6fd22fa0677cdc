"""Controls: correct grids are green, and every kind of fault turns the banner red."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gamegrid.agents import preference, random
from gamegrid.agents.agent import Decision, Turn
from gamegrid.analysis.references import Missing, write
from gamegrid.errors import UserError
from gamegrid.plan import plan
from gamegrid.plan.deals import Tape
from gamegrid.play.episode import Episode
from gamegrid.store import control_verdict
from played_grids import BOTS, played
from store_samples import database, episode, query


def failed(path: Path) -> set[tuple[str, str, str]]:
    """Return name, game and agent of each failed check."""
    return set(query(path, "SELECT name, game, agent FROM controls WHERE NOT passed"))


@pytest.mark.parametrize("seed", range(2))
def test_an_honest_grid_is_green(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    agents = BOTS | {"half": {"type": "noisy_optimal", "epsilon": 0.5}}
    names = ["kuhn_poker", "tic_tac_toe"]
    path = played(tmp_path, monkeypatch, seed=seed, deals=6, self_play=True, agents=agents,
                  games=names)  # fmt: skip
    found = control_verdict.read(path)
    assert found.red == ()
    # By game: two bots beside it; three pairs and three self_play, both seats each; the oracle in
    # two pairs; luck. Over both games: three bots, the first seat and the favourites.
    assert found.passed == 2 * (2 * 2 + 3 * 4 + 3 * 2 + 2 * 2 + 1) + 3 + 2
    assert found.text == f"Controls: all {found.passed} checks passed"
    assert query(path, "SELECT * FROM controls WHERE passed IS NULL") == []


def test_every_grid_has_controls_whoever_plays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agents = {
        f"{kind}_{name}": {"type": kind, "simulations": 2}
        for kind in ("ismcts", "mcts")
        for name in "ab"
    }
    games = ["kuhn_poker", "breakthrough"]
    path = played(tmp_path, monkeypatch, games=games, deals=1, agents=agents)
    made = "SELECT DISTINCT name, game, matchup FROM controls WHERE passed ORDER BY name"
    assert query(path, made) == [
        ("favourite", None, None),
        ("first_seat", None, None),
        ("luck", "kuhn_poker", None),
        ("random", "kuhn_poker", "beside the grid"),
        ("self_play", "kuhn_poker", "beside the grid"),
    ]
    assert query(path, "SELECT name, game, reason FROM controls WHERE passed IS NULL") == [
        ("oracle", "breakthrough", "no oracle"),
        ("oracle", "kuhn_poker", "not played"),
        ("random", "breakthrough", "too large to enumerate"),
        ("self_play", "breakthrough", "too large to enumerate"),
    ]


def test_a_bot_that_always_takes_the_first_label_is_no_random_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def first(agent: random.RandomAgent, turn: Turn) -> Decision:
        return Decision(action=turn.legal[0])

    monkeypatch.setattr(random.RandomAgent, "decide", first)
    path = played(tmp_path, monkeypatch, deals=20)
    assert {(name, game) for name, game, _ in failed(path)} >= {
        ("random", "kuhn_poker"), ("random", "tic_tac_toe"),
    }  # fmt: skip
    with pytest.raises(UserError, match=r"random: random in seat \d of \w+, beside the grid, got"):
        control_verdict.confirm(path)


def test_attribution_that_is_swapped_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seats = Episode._seats

    def swapped(one: Episode, *status: Any) -> Any:
        records = seats(one, *status)
        names = [record.agent for record in reversed(records)]
        return tuple(replace(r, agent=name) for r, name in zip(records, names, strict=True))

    monkeypatch.setattr(Episode, "_seats", swapped)
    path = played(tmp_path, monkeypatch, games=["tic_tac_toe"], deals=10)
    assert {("oracle", "tic_tac_toe", "optimal"), ("bots", "tic_tac_toe", "random")} <= failed(path)
    text = control_verdict.read(path).text
    assert text.startswith(
        "Controls: 8 of 15 checks FAILED: do not trust any number of these results"
    )
    assert "oracle: optimal in seat 0 of tic_tac_toe, optimal--random, got 0." in text


def test_a_bot_that_knows_hidden_cards_beats_the_equilibrium_and_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bot reconstructs the cards. The equilibrium folds the worst and calls with the best."""

    async def cheat(agent: preference.PreferenceAgent, turn: Turn) -> Decision:
        state = turn.game.spiel.new_initial_state()
        tape = Tape(turn.game, turn.place.seed, turn.place.deal)
        while state.is_chance_node():
            state.apply_action(tape.resolve(state, None))
        cards = state.history()
        own, other = cards[turn.place.seat], cards[1 - turn.place.seat]
        facing = turn.ply > 0 and turn.labels[1] == "Call"
        wants = own > other if facing else other < 2
        return Decision(action=turn.legal[int(wants)])

    monkeypatch.setattr(preference.PreferenceAgent, "decide", cheat)
    agents = {"optimal": {"type": "optimal"}, "sharp": {"type": "preference", "prefer": ["Bet"]}}
    path = played(tmp_path, monkeypatch, games=["kuhn_poker"], deals=800, agents=agents)
    assert ("oracle", "kuhn_poker", "optimal") in failed(path)


def test_without_a_control_the_banner_says_so(tmp_path: Path) -> None:
    path = database(tmp_path, [episode("patience", "a", 0, 0, returns=[1])])
    assert control_verdict.read(path).text.startswith("Controls: none could be made")
    assert control_verdict.confirm(path) == control_verdict.read(path).text


def test_a_return_is_normalized_by_its_game_and_seat(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kuhn poker: 1/8 to 1/2 in the first seat, -1/8 to 5/12 in the second (test_references)."""
    path = played(tmp_path, monkeypatch, games=["kuhn_poker", "matrix_rps"], deals=6)
    scale = {0: (1 / 8, 1 / 2), 1: (-1 / 8, 5 / 12)}
    rows = query(
        path, 'SELECT seat, "return", normalized_return FROM seats JOIN episodes USING '
        "(episode_id) WHERE game = 'kuhn_poker'"
    )  # fmt: skip
    assert len(rows) == 6 * 2 * 2
    for seat, returned, normalized in rows:
        low, high = scale[seat]
        assert normalized == pytest.approx((returned - low) / (high - low))
    for agent, found, low, high in query(
        path, "SELECT agent, normalized_return, normalized_low, normalized_high FROM per_game "
        "WHERE game = 'kuhn_poker'"
    ):  # fmt: skip
        [(mean,)] = query(
            path, "SELECT avg(normalized_return) FROM seats JOIN episodes USING (episode_id) "
            f"WHERE game = 'kuhn_poker' AND agent = '{agent}'"
        )  # fmt: skip
        assert low < found < high
        assert found == pytest.approx(mean)
    [(known,)] = query(
        path, "SELECT count(normalized_return) FROM seats JOIN episodes USING (episode_id) "
        "WHERE game = 'matrix_rps'"
    )  # fmt: skip
    assert known == 0


def test_a_game_that_best_play_gains_nothing_in_is_not_rated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In rock, paper, scissors any play against random hands draws on average."""
    agents = {
        "random": {"type": "random"},
        "first": {"type": "preference", "prefer": ["Rock"]},
        "second": {"type": "preference", "prefer": ["Paper"]},
    }
    games = ["matrix_rps", "tic_tac_toe"]
    path = played(tmp_path, monkeypatch, games=games, deals=4, agents=agents)
    rows = query(path, "SELECT DISTINCT game, unrated_reason FROM per_game ORDER BY game")
    assert rows == [("matrix_rps", "best play gains nothing"), ("tic_tac_toe", None)]
    assert query(path, "SELECT game FROM first_moves") == [("tic_tac_toe",)]
    [(counted,)] = query(path, "SELECT DISTINCT games FROM leaderboard")
    assert counted == "matrix_rps, tic_tac_toe"


def test_self_play_beside_the_grid_is_the_same_whenever_it_is_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = plan.make({"games": ["kuhn_poker"], "agents": BOTS, "deals": 1}, tmp_path)
    for name in ("one", "two"):
        write(made, tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_every_code_has_words(tmp_path: Path) -> None:
    path = database(tmp_path, [])
    for code in Missing:
        assert query(path, f"SELECT in_words('{code}') IS NOT NULL") == [(True,)], code

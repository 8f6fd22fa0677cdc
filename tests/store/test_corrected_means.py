"""Corrected returns: the same means with less luck, and none where values may suit the results."""

from pathlib import Path
from typing import Any

import pytest

import played_grids
from gamegrid.oracles.value_function import value_function
from gamegrid.records.value_record import NAME, fix
from played_grids import played
from store_samples import query

AGENTS: dict[str, dict[str, Any]] = {
    "random": {"type": "random"},
    "optimal": {"type": "optimal"},
    "search": {"type": "ismcts", "simulations": 3},
}
GAMES = ["kuhn_poker", "leduc_poker"]

_BY_HAND = """
    WITH deals_of AS (
        SELECT game, matchup, agent, deal, avg(strict_return + correction) AS value
        FROM episodes JOIN seats USING (episode_id) JOIN corrections USING (episode_id, seat)
        GROUP BY ALL
    ),

    own AS (
        SELECT game, matchup, agent, avg(value) AS mean FROM deals_of GROUP BY ALL
    ),

    variances AS (
        SELECT game, agent, var_pop(value) AS left_over
        FROM (SELECT game, agent, deal, avg(value) AS value FROM deals_of GROUP BY ALL)
        GROUP BY ALL
    )

    SELECT game, agent, avg(mean), any_value(left_over)
    FROM own JOIN variances USING (game, agent)
    GROUP BY game, agent ORDER BY game, agent
"""


def test_adjusted_means_are_those_of_corrected_strict_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By agent as in per_game and by pair as in paired, with their own plain columns."""
    path = played(tmp_path, monkeypatch, games=GAMES, deals=12, agents=AGENTS)
    rows = query(
        path,
        "SELECT game, agent, corrected, variance_left, mean, low, high, deals, known_moves "
        "FROM corrected_returns WHERE rival IS NULL ORDER BY game, agent",
    )
    by_hand = query(path, _BY_HAND)
    per_game = query(
        path, "SELECT game, agent, strict_return, low, high FROM per_game ORDER BY game, agent"
    )
    assert len(rows) == len(by_hand) == len(AGENTS) * len(GAMES)
    plain = dict(
        query(
            path,
            "SELECT (game, agent), var_pop(value) FROM (SELECT game, agent, deal, "
            "avg(strict_return) AS value FROM deal_values GROUP BY ALL) GROUP BY game, agent",
        )
    )
    for row, hand, listed in zip(rows, by_hand, per_game, strict=True):
        game, agent, adjusted, left, mean, low, high, deals, known = row
        assert (game, agent) == hand[:2] == listed[:2]
        assert adjusted == pytest.approx(hand[2], abs=1e-12)
        assert left == pytest.approx(hand[3] / plain[game, agent])
        assert (mean, low, high) == pytest.approx(listed[2:])
        assert deals == 12
        assert 0 < known < 1
    pairs = query(
        path,
        "SELECT corrected_returns.mean, paired.difference, corrected_low, corrected, "
        "corrected_high, corrected_reason, equivalent_deals "
        "FROM corrected_returns JOIN paired USING (game, agent, rival)",
    )
    assert len(pairs) == 3 * len(GAMES)
    for mean, difference, least, adjusted, most, reason, equivalent in pairs:
        assert mean == pytest.approx(difference)
        assert least < adjusted < most
        assert reason is None
        assert equivalent > 0


def reasons(path: Path) -> set[tuple[Any, ...]]:
    return set(
        query(path, "SELECT corrected, corrected_low, variance_left, corrected_reason "
                    "FROM corrected_returns WHERE mean IS NOT NULL")
    )  # fmt: skip


def test_values_recorded_after_the_first_deal_adjust_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    early = tmp_path / "results/chunks/kuhn_poker/others/00000-00000.parquet"
    early.parent.mkdir(parents=True)
    early.touch()
    path = played(tmp_path, monkeypatch, games=["kuhn_poker"], deals=3)
    assert reasons(path) == {(None, None, None, "played before the value function was recorded")}


def test_values_other_than_those_on_record_adjust_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fix(tmp_path / "results", "kuhn_poker", "values that suited the results less")
    path = played(tmp_path, monkeypatch, games=["kuhn_poker"], deals=3)
    assert reasons(path) == {(None, None, None, "the value function changed after the first deal")}


def test_a_game_without_values_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    agents = {"random": AGENTS["random"], "first": AGENTS["random"], "third": AGENTS["random"]}
    path = played(tmp_path, monkeypatch, games=["kuhn_poker_3p"], deals=3, agents=agents)
    assert reasons(path) == {(None, None, None, "no value function")}
    assert not (tmp_path / "results" / NAME).exists()


def test_a_stated_policy_that_the_agent_does_not_play_adjusts_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = played_grids.known_policies

    def wrong(settings: Any, game: Any) -> Any:
        return right(settings, game) | {"random": lambda *_: {0: 1.0}}  # always passes

    monkeypatch.setattr(played_grids, "known_policies", wrong)
    path = played(tmp_path, monkeypatch, games=["kuhn_poker"], deals=6)
    assert reasons(path) == {
        (None, None, None, "an agent made a move that its stated policy rules out")
    }


def test_the_value_function_is_on_record_with_every_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = played(tmp_path, monkeypatch, games=["kuhn_poker", "tic_tac_toe"], deals=2)
    values = value_function("kuhn_poker")
    assert values is not None
    found = query(
        path,
        "SELECT DISTINCT game, runs.value_function FROM episodes JOIN runs USING (run_id) "
        "ORDER BY game",
    )
    assert found == [("kuhn_poker", values.name), ("tic_tac_toe", None)]
    assert query(path, "SELECT DISTINCT game, value_function FROM corrected_returns") == [
        ("kuhn_poker", values.name)
    ]

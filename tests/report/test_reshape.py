"""Rows of tables are chosen, joined and sorted for figures; no number changes on the way."""

from typing import Any

import pytest

from gamegrid.report.figures.failures_figure import FIGURE as FAILURES
from gamegrid.report.figures.failures_figure import KINDS
from gamegrid.report.figures.reasons_by_turn_figure import FIGURE as REASONS_BY_TURN
from gamegrid.report.figures.reshape import in_order, joined, measure, share, unfold, with_front
from gamegrid.report.figures.score_map_figure import FIGURE as SCORE_MAP
from gamegrid.report.figures.score_money_figure import FIGURE as SCORE_MONEY


def test_none_comes_last_in_either_direction() -> None:
    rows = [{"n": None, "k": "a"}, {"n": 1, "k": "b"}, {"n": 2, "k": "c"}, {"n": 2, "k": "a"}]
    assert [(r["n"], r["k"]) for r in in_order(rows, "n", "k")] == [
        (1, "b"), (2, "a"), (2, "c"), (None, "a"),
    ]  # fmt: skip
    assert [r["n"] for r in in_order(rows, "n", down=("n",))] == [2, 2, 1, None]


def test_a_join_pairs_rows_and_leaves_out_the_lonely() -> None:
    rows = [{"game": "a", "x": 1}, {"game": "b", "x": 2}]
    others = [{"game": "a", "y": 3}, {"game": "a", "y": 4}]
    assert joined(rows, others, "game") == [
        {"game": "a", "x": 1, "y": 3},
        {"game": "a", "x": 1, "y": 4},
    ]


def test_columns_become_rows() -> None:
    assert unfold([{"agent": "a", "x": 1, "y": None}], {"x": "ex", "y": "why"}, "kind", "n") == [
        {"agent": "a", "kind": "ex", "n": 1},
        {"agent": "a", "kind": "why", "n": None},
    ]
    assert (share(None, 4), share(1, 4)) == (None, 0.25)


@pytest.mark.parametrize(
    ("scoring", "value"), [("win_loss", 1), ("margin", 2), ("payoff", 3), ("solo", 3)]
)
def test_each_scoring_has_its_measure(scoring: str, value: int) -> None:
    row = {"scoring": scoring, "score": 1, "strict_return": 2, "mean_return": 3}
    assert measure(row) == value


def test_the_front_is_of_one_set_of_games_and_of_known_costs() -> None:
    def row(games: str, score: float, cost: float | None) -> dict[str, Any]:
        return {"games": games, "score": score, "cost": cost}

    rows = [row("g", 0.5, 1), row("g", 0.5, 2), row("g", 0.9, 3), row("g", 1, None), row("h", 0, 9)]
    assert [r["front"] for r in with_front(rows, "cost")] == [True, False, True, False, True]


def test_equal_rows_share_the_front() -> None:
    rows = [{"games": "g", "score": 0.5, "cost": 1.0}] * 2
    assert [r["front"] for r in with_front(rows, "cost")] == [True, True]


def test_a_map_has_a_cell_for_every_agent_and_game() -> None:
    def row(game: str, agent: str, scoring: str = "win_loss", deals: int = 1) -> dict[str, Any]:
        rest = {"score": 0.5, "low": None, "high": None, "reason": "one deal"}
        return {"game": game, "agent": agent, "scoring": scoring, "deals": deals, **rest}

    rows = [row("x", "b"), row("y", "a"), row("z", "c", "margin"), row("x", "d", deals=0)]
    cells = SCORE_MAP.select({"per_game": rows})
    assert [(r["game"], r["agent"], r["score"]) for r in cells] == [
        ("x", "a", None), ("x", "b", 0.5), ("y", "a", 0.5), ("y", "b", None),
    ]  # fmt: skip


@pytest.mark.parametrize("change", [0.15, 0.0, None])
def test_reasons_that_never_change_are_no_figure(change: float | None) -> None:
    thirds = {"first_third": 0.1, "middle_third": None, "last_third": 0.25, "texts": 20}
    interval = {"change_low": None, "change_high": None, "change_reason": "one deal"}
    reasoning = [
        {"game": "g", "agent": "a", "category": name, "main": 1, "change": each} | thirds | interval
        for name, each in (("once", change), ("never", 0.0))
    ]
    rows = REASONS_BY_TURN.select({"reasoning": reasoning})
    assert [(row["category"], row["change"], row["middle_third"]) for row in rows] == (
        [("once", change, None), ("never", 0.0, None)] if change else []
    )
    assert [panel.title for panel in REASONS_BY_TURN.panels(rows)] == (["once"] if change else [])


def test_replies_that_never_failed_are_no_figure() -> None:
    kinds = dict.fromkeys(KINDS, 0)
    row = {"game": "g", "agent": "a", "replies": 4, **kinds}
    assert list(FAILURES.select({"failures": [row]})) == []
    rows = FAILURES.select({"failures": [{**row, "illegal": 1, "empty": None}]})
    assert [(each["kind"], each["share"]) for each in rows] == [
        ("illegal", 0.25), ("unparsable", 0), ("truncated", 0), ("context_overflow", 0),
        ("empty", None), ("refused", 0),
    ]  # fmt: skip
    assert [panel.title for panel in FAILURES.panels(rows)] == ["illegal"]


@pytest.mark.parametrize(
    ("costs", "expected"),
    [
        ([(6.0, 2.0), (3.0, 1.0)], 1.5),  # 3 episodes each
        ([(0.0, 0.0)], 0.0),  # a server of one's own
        ([(6.0, 2.0), (None, None)], None),
    ],
)
def test_an_episode_costs_what_all_cost_by_their_number(
    costs: list[tuple[float | None, float | None]], expected: float | None
) -> None:
    games = [{"game": f"g{at}", "scoring": "win_loss"} for at in range(len(costs))]
    model = {"backend": "hf", "model": "hf_x"}
    score = {"games": "g", "score": 0.5, "score_low": 0, "score_high": 1, "score_reason": None}
    tables = {
        "agents": [{"agent": "a", **model}],
        "games": games,
        "latency": [
            {**model, **game, "usd": usd, "usd_per_episode": each}
            for game, (usd, each) in zip(games, costs, strict=True)
        ],
        "leaderboard": [{"agent": "a", **score}],
    }
    rows = SCORE_MONEY.select(tables)
    assert [row["usd_per_game"] for row in rows] == ([] if expected is None else [expected])

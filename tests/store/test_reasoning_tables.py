"""Tables of what players say: counts by hand, thirds, and intervals of gamegrid.stats."""

from pathlib import Path

import numpy as np
import pytest

from gamegrid.records.record_types import EpisodeRecord
from gamegrid.stats.entropy import entropy_interval
from gamegrid.stats.intervals import Interval, share_interval
from gamegrid.store.values import ratio_parts
from store_samples import database, decision, episode, query

TTT = "tic_tac_toe"
CENTRE, BLOCK, BOTH, NOTHING = "the centre", "I block", "I block the centre and block", "a2"


def told(deal: int, *texts: str | None, game: str = TTT) -> EpisodeRecord:
    """Make an episode in which a gives these texts at its plies and b says nothing."""
    decisions = [decision("ab"[ply % 2], ply, ply % 2) for ply in range(2 * len(texts))]
    for number, text in enumerate(texts):
        decisions[2 * number] = decision("a", 2 * number, 0, reasoning=text)
    return episode(game, "ab", deal, 0, scores=[1, 0], decisions=decisions)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a database whose models give reasons for their moves."""
    return database(
        tmp_path_factory.mktemp("told"),
        [
            told(0, CENTRE, BLOCK, NOTHING),
            told(1, CENTRE, CENTRE, BOTH),
            told(2, BLOCK, None, BLOCK),
            told(0, NOTHING, game="hex_4"),
        ],
    )


def test_shares_by_hand(path: Path) -> None:
    """Of eight texts three name the centre and four blocking; one of these names both.

    Of six plies, a moves at 0, 2 and 4, once in each third.
    """
    columns = "category, texts, main, share, mentioned, first_third, middle_third, last_third"
    assert query(path, f"SELECT {columns} FROM reasoning WHERE game = '{TTT}'") == [
        ("blocking", 8, 4, 1 / 2, 1 / 2, 1 / 3, 1 / 2, 2 / 3),
        ("positional", 8, 3, 3 / 8, 1 / 2, 2 / 3, 1 / 2, 0),
        ("uncategorised", 8, 1, 1 / 8, None, 0, 0, 1 / 3),
    ]
    [row] = query(path, "SELECT low, high, change, change_low, change_high FROM reasoning "
                        "WHERE category = 'positional'")  # fmt: skip
    found = share_interval(ratio_parts(np.array([1, 2, 0]), np.array([3, 3, 2])), pooled=True)
    assert isinstance(found, Interval)
    assert row[:2] == pytest.approx((found.low, found.high))
    # From 2/3 to 0: by deal -1, -1 and 0; Student's t(2) = 4.30265 times sqrt(1/3/3), from -1 on.
    assert row[2:] == pytest.approx((-2 / 3, -1, -2 / 3 + 4.30265 / 3), abs=1e-5)


def test_shares_add_up(path: Path) -> None:
    totals = query(path, "SELECT sum(share), sum(main) = any_value(texts) FROM reasoning "
                         "GROUP BY agent, game")  # fmt: skip
    assert totals == [(1.0, True)] * 2


def test_variety(path: Path) -> None:
    """Seven sorted texts, 4 : 3; the thirds have 1 : 2, 1 : 1 and 2 : 0."""
    columns = "part, texts, categorised, categories, plain_entropy"
    plain = [entropy_of(4, 3), entropy_of(1, 2), 1.0, 0.0]
    assert query(path, f"SELECT {columns} FROM reasoning_variety WHERE game = '{TTT}'") == [
        ("all", 8, 7, 2, pytest.approx(plain[0])),
        ("first", 3, 3, 2, pytest.approx(plain[1])),
        ("middle", 2, 2, 2, pytest.approx(plain[2])),
        ("last", 3, 2, 1, pytest.approx(plain[3])),
    ]
    counts = np.zeros((3, 13), dtype=np.int64)
    counts[:, :2] = [[1, 1], [2, 1], [0, 2]]
    estimate, interval = entropy_interval(counts)
    assert isinstance(interval, Interval)
    [row] = query(path, "SELECT entropy, low, high FROM reasoning_variety "
                        f"WHERE game = '{TTT}' AND part = 'all'")  # fmt: skip
    assert row == pytest.approx((estimate, interval.low, interval.high))
    # One text without a category.
    assert query(
        path,
        "SELECT categorised, plain_entropy, entropy, reason FROM reasoning_variety "
        "WHERE game = 'hex_4' AND part = 'all'",
    ) == [(0, None, None, "no deals")]


def entropy_of(*counts: int) -> float:
    shares = np.array(counts) / sum(counts)
    return float(-(shares * np.log2(shares)).sum())


def test_each_text_is_there_sorted(path: Path) -> None:
    found = query(path, "SELECT main, mentioned, count(*) FROM reasoning_texts GROUP BY ALL "
                        "ORDER BY ALL")  # fmt: skip
    assert found == [
        ("blocking", "blocking", 3),
        ("blocking", "blocking,positional", 1),
        ("positional", "positional", 3),
        ("uncategorised", "", 2),
    ]


def test_who_gives_no_reasons_has_no_row(path: Path) -> None:
    assert query(path, "SELECT DISTINCT agent FROM reasoning") == [("a",)]

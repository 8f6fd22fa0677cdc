"""Fill the tables of reasoning_texts.sql: what players said about their moves."""

from collections.abc import Iterator
from typing import TypeAlias

import duckdb
import numpy as np
from numpy.typing import NDArray

from gamegrid.analysis.reasoning import UNCATEGORISED, categories, sort_text
from gamegrid.records.duckdb_files import insert
from gamegrid.stats.entropy import entropy, entropy_interval
from gamegrid.stats.intervals import (
    Interval,
    MaybeInterval,
    NoInterval,
    Reason,
    mean_interval,
    share_interval,
)
from gamegrid.store.values import TableRow, ends, ratio_parts

NAMES = (*categories(), UNCATEGORISED)
THIRDS = ("first", "middle", "last")
BATCH = 10_000
"""Texts held in memory at once."""

CategoryCounts: TypeAlias = NDArray[np.int64]
"""Texts by deal, third of the episode, and category; shape (deals, 3, categories)."""

_TEXTS = """
    SELECT episode_id, ply, seat, reasoning
    FROM decisions JOIN episodes USING (episode_id)
    WHERE reasoning IS NOT NULL AND episodes.status <> 'error'
"""
_COUNTS = """
    SELECT
        game, agent, dense_rank() OVER (PARTITION BY game, agent ORDER BY deal) - 1,
        third, main, texts
    FROM (
        SELECT game, agent, deal, third, main, count(*) AS texts
        FROM sorted_texts GROUP BY ALL
    )
    ORDER BY ALL
"""


def fill_reasoning(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill the tables, in time linear in the number of texts."""
    _sort(connection)
    shares, entropies = list[TableRow](), list[TableRow]()
    for game, agent, counts in _counted(connection):
        for number, name in enumerate(NAMES):
            shares.append((game, agent, name, *_share(counts, number)))
        for part, deals in _parts(counts):
            entropies.append((game, agent, part, *_variety(deals)))
    insert(connection, "reasoning_shares", shares)
    insert(connection, "reasoning_entropies", entropies)


def _sort(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill ``reasoning_texts``."""
    rows, texts = list[TableRow](), connection.execute(_TEXTS)
    while batch := texts.fetchmany(BATCH):
        for episode, ply, seat, text in batch:
            said = sort_text(text)
            rows.append((episode, ply, seat, said.main or UNCATEGORISED, ",".join(said.mentioned)))
    insert(connection, "reasoning_texts", rows)


def _counted(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str, CategoryCounts]]:
    """Yield the counts of each agent in each game."""
    by_agent: dict[tuple[str, str], list[tuple[int, int, str, int]]] = {}
    for game, agent, *row in connection.execute(_COUNTS).fetchall():
        deal, third, main, texts = row
        by_agent.setdefault((game, agent), []).append((deal, third, main, texts))
    for (game, agent), rows in by_agent.items():
        counts = np.zeros((1 + max(deal for deal, *_ in rows), 3, len(NAMES)), dtype=np.int64)
        for deal, third, main, texts in rows:
            counts[deal, third, NAMES.index(main)] = texts
        yield game, agent, counts


def _share(counts: CategoryCounts, category: int) -> TableRow:
    """Return how often a category is the main one: overall, by thirds, and the change."""
    said, texts = counts[:, :, category], counts.sum(axis=2)
    share = said.sum() / texts.sum()
    interval = share_interval(ratio_parts(said.sum(axis=1), texts.sum(axis=1)), pooled=True)
    thirds = [
        float(said[:, third].sum() / texts[:, third].sum()) if texts[:, third].any() else None
        for third in range(3)
    ]
    change, change_ends = None, ends(NoInterval(Reason.NO_DEALS))
    if texts[:, 0].any() and texts[:, 2].any():
        parts = ratio_parts(said[:, 2], texts[:, 2]) - ratio_parts(said[:, 0], texts[:, 0])
        change, change_ends = float(parts.mean()), ends(_within(mean_interval(parts)))
    return (
        int(texts.sum()), int(said.sum()), float(share), *ends(interval), *thirds,
        change, *change_ends,
    )  # fmt: skip


def _within(change: MaybeInterval) -> MaybeInterval:
    """Clip an interval of a difference of shares to -1 to 1."""
    if isinstance(change, NoInterval):
        return change
    return Interval(max(-1.0, change.low), min(1.0, change.high))


def _parts(counts: CategoryCounts) -> Iterator[tuple[str, CategoryCounts]]:
    """Yield the counts by deal and category, of whole episodes and of their thirds."""
    yield "all", counts.sum(axis=1)
    for number, name in enumerate(THIRDS):
        yield name, counts[:, number]


def _variety(deals: CategoryCounts) -> TableRow:
    """Return how varied the categories are, without uncategorised texts."""
    sorted_ones = deals[:, : NAMES.index(UNCATEGORISED)]
    estimate, interval = entropy_interval(sorted_ones)
    totals = sorted_ones.sum(axis=0)
    plain = float(entropy(totals)) if totals.any() else None
    return (
        int(deals.sum()), int(totals.sum()), int((totals > 0).sum()), plain, estimate,
        *ends(interval),
    )  # fmt: skip

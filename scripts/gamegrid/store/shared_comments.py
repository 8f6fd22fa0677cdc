"""Describe the columns that two tables or views of the database share, once for both.

The comments in the .sql files describe every other column.
"""

from collections.abc import Mapping
from types import MappingProxyType

import duckdb

DESCRIBED_BY: Mapping[str, str] = MappingProxyType(
    {
        "comparisons": "paired",
        "control_checks": "controls",
        "corrected_means": "corrected_returns",
        "equivalence_tests": "equivalence",
        "exploitability_estimates": "exploitability",
        "games_like_these": "prior_sensitivity",
        "headlines": "headline",
        "memory_differences": "memory",
        "model_conduct": "own_moves",
        "model_games": "latency",
        "moves": "decisions",
        "open_questions": "further_deals",
        "plan_deviations": "deviations",
        "planned_questions": "preregistration",
        "position_comparisons": "paired_positions",
        "positions": "decisions",
        "probes": "decisions",
        "rating_pairs": "rating_differences",
        "reasoning_entropies": "reasoning_variety",
        "reasoning_shares": "reasoning",
        "strength_equivalents": "strength_equivalent",
        "replies": "calls",
        "sweep_winners": "sweep_best",
    }
)
"""By table or view: the other one whose comments hold for the columns of the same name."""

_SHARED = """
SELECT bare.table_name, bare.column_name, described.comment
FROM (SELECT unnest(?) AS name, unnest(?) AS other) AS pairs
JOIN duckdb_columns() AS bare ON bare.table_name = pairs.name
JOIN duckdb_columns() AS described
    ON described.table_name = pairs.other AND described.column_name = bare.column_name
WHERE bare.comment IS NULL AND described.comment IS NOT NULL
"""


def copy(connection: duckdb.DuckDBPyConnection) -> None:
    """Give each column without a comment the comment of the column that describes it."""
    pairs = [list(DESCRIBED_BY), list(DESCRIBED_BY.values())]
    shared = connection.execute(_SHARED, pairs).fetchall()
    connection.execute("".join(_statement(*row) for row in shared))


def _statement(name: str, column: str, comment: str) -> str:
    """Return the SQL of one comment. No column is its own source."""
    what, _, source = comment.rpartition(" | ")
    said = (f"{what} | computed" if source == f"{name}.{column}" else comment).replace("'", "''")
    return f'COMMENT ON COLUMN "{name}"."{column}" IS \'{said}\';\n'

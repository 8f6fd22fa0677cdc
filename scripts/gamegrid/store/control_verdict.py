"""What the controls of a built database say: the line under the leaderboard, and check_results."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from gamegrid.errors import UserError
from gamegrid.records import duckdb_files


@dataclass(frozen=True, slots=True)
class Verdict:
    """``red``: one sentence per check that failed. ``passed``: how many did not."""

    passed: int
    red: tuple[str, ...]

    @property
    def text(self) -> str:
        """The line for people; a sentence per failed check below."""
        if not self.passed and not self.red:
            return "Controls: none could be made; the table controls says why"
        if not self.red:
            return f"Controls: all {self.passed} checks passed"
        head = f"Controls: {len(self.red)} of {self.passed + len(self.red)} checks FAILED: "
        return "\n  ".join([head + "trust no number of these results", *self.red])


def read(database: Path) -> Verdict:
    """Read the controls. Raises duckdb.Error if ``database`` cannot be read."""
    with closing(duckdb_files.connect(database, read_only=True)) as connection:
        rows = connection.execute(
            "SELECT passed, name, game, matchup, agent, seat, expected, found, low, high, deals, "
            "reason FROM controls WHERE passed IS NOT NULL"
        ).fetchall()
    return Verdict(
        passed=sum(passed for passed, *_ in rows),
        red=tuple(_sentence(*row) for passed, *row in rows if not passed),
    )


def confirm(database: Path) -> str:
    """Return the line if all is well. Raises UserError, one sentence per failed check."""
    found = read(database)
    if found.red:
        raise UserError("\n".join(found.red))
    return found.text


def _sentence(
    name: str, game: str, matchup: str, agent: str, seat: int,
    expected: float, found: float, low: float, high: float | None, deals: int, reason: str | None,
) -> str:  # fmt: skip
    """One failed check."""
    explained = (
        f"at least {low:.3f}"
        if high is None
        else f"{expected:.3f}, and by luck {low:.3f} to {high:.3f}"
    )
    return (
        f"{name}: {agent} in seat {seat} of {game}, {matchup}, got {found:.3f} in the mean over "
        f"{deals} deals; its policy gives {explained}{f'; {reason}' if reason else ''}."
    )

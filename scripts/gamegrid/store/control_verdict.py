"""Summarise the controls of a built database, for the leaderboard and for check_results."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from gamegrid.errors import UserError
from gamegrid.records import duckdb_files
from gamegrid.store.conduct_statements import provisional_agents, read_conduct


@dataclass(frozen=True, slots=True)
class ControlVerdict:
    """The outcome of all controls. ``red`` has a sentence for each failed check."""

    passed: int
    red: tuple[str, ...]
    provisional: tuple[str, ...] = ()
    """The models whose results are provisional, which no check of bots can vouch for."""

    @property
    def green(self) -> bool:
        """Whether all is well: checks were made, all passed, and every result is its agent's."""
        return self.passed > 0 and not self.red and not self.provisional

    @property
    def text(self) -> str:
        """One line, followed by a line for each failed check."""
        if not self.passed and not self.red:
            return "Controls: none could be made; see the reasons in the table controls"
        if not self.red and self.provisional:
            return (
                f"Controls: {self.passed} checks of bots passed. They say nothing about "
                f"{', '.join(self.provisional)}: provisional results"
            )
        if not self.red:
            return f"Controls: all {self.passed} checks passed"
        head = f"Controls: {len(self.red)} of {self.passed + len(self.red)} checks FAILED: "
        return "\n  ".join([head + "do not trust any number of these results", *self.red])


def read(database: Path) -> ControlVerdict:
    """Read the controls. Raises UserError if ``database`` cannot be opened."""
    with closing(duckdb_files.connect(database, read_only=True)) as connection:
        rows = connection.execute(
            "SELECT passed, name, game, matchup, agent, seat, expected, found, low, high, deals, "
            "reason FROM controls WHERE passed IS NOT NULL"
        ).fetchall()
        provisional = provisional_agents(read_conduct(connection))
    return ControlVerdict(
        passed=sum(passed for passed, *_ in rows),
        red=tuple(_sentence(*row) for passed, *row in rows if not passed),
        provisional=tuple(provisional),
    )


def confirm(database: Path) -> str:
    """Return the summary if no check failed. Raises UserError with a sentence per failed check."""
    verdict = read(database)
    if verdict.red:
        raise UserError("\n".join(verdict.red))
    return verdict.text


def _sentence(
    name: str, game: str | None, matchup: str | None, agent: str | None, seat: int | None,
    expected: float, mean: float, low: float | None, high: float | None, deals: int,
    reason: str | None,
) -> str:  # fmt: skip
    """Describe one failed check."""
    if game is None:
        whose = f" of {agent}" if agent else ""
        return (
            f"{name}: over all games, the results{whose} differ from what the policies give by "
            f"{mean:+.4f} of the range of results, in the mean over {deals} deals; luck does not "
            f"explain that."
        )
    if agent is None:
        return (
            f"{name}: {reason} of {game} came in {mean:.3f} of {deals} deals; the rules give "
            f"{expected:.3f}, and by luck {low:.3f} to {high:.3f}."
        )
    explained = (
        f"at least {low:.3f}"
        if high is None
        else f"{expected:.3f}, and by luck {low:.3f} to {high:.3f}"
    )
    return (
        f"{name}: {agent} in seat {seat} of {game}, {matchup}, got {mean:.3f} in the mean over "
        f"{deals} deals; its policy gives {explained}{f'; {reason}' if reason else ''}."
    )

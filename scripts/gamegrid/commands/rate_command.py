"""Rate agents from a file of matches, whatever system played them."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from gamegrid.commands.command import Command
from gamegrid.stats.intervals import Interval, MaybeInterval, NoInterval
from gamegrid.stats.matchfile import read_matches
from gamegrid.stats.ratings import Fit, Rating, rate_sets

HEAD = ("ranks", "agent", "rating", "95 %", "expected", "95 %", "tied")
LEFT = ("agent", "tied")


def arguments(parser: ArgumentParser) -> None:
    """Declare the argument MATCHES."""
    parser.add_argument(
        "matches",
        type=Path,
        help="CSV with the columns match, game, agent, and one of result (win, draw, loss, or a "
        "share from 0 to 1; two seats only), rank (1 is the best) or return (more is better); "
        "seat (who moves first), deal and family are optional. Or JSON: a list with an object per "
        "match, whose keys are game and either the agents with their scores, or ranking with the "
        "list of agents from the best",
    )


def run(given: Namespace) -> int:
    """Print a table for each set of agents that matches link, the strongest agent first."""
    sets = rate_sets(read_matches(given.matches))
    print("\n\n".join(rating_text(each.fit) for each in sets))
    if len(sets) > 1:
        print(
            "gamegrid: no matches link these sets of agents, so their ratings do not compare.",
            file=sys.stderr,
        )
    return 0


def rating_text(fit: Fit) -> str:
    """Return a heading and one line per agent, the strongest first.

    A line holds the possible ranks, the name, the rating in points with its interval, the expected
    score against an opponent rated 0 with its interval, and the letters of ties.
    """
    ranked = sorted(fit.ratings, key=lambda each: (-each.rating, each.agent))
    columns = list(zip(HEAD, *(_cells(each, fit) for each in ranked), strict=True))
    return "\n".join(
        "  ".join(
            text.ljust(width) if column[0] in LEFT else text.rjust(width)
            for text, column, width in zip(line, columns, map(_width, columns), strict=True)
        ).rstrip()
        for line in zip(*columns, strict=True)
    )


def _width(column: Sequence[str]) -> int:
    return max(map(len, column))


def _cells(each: Rating, fit: Fit) -> tuple[str, ...]:
    """Return the line of an agent."""
    low, high = each.ranks.low, each.ranks.high
    return (
        f"{low}" if low == high else f"{low}–{high}",
        each.agent,
        f"{each.rating:.1f}",
        _shown(each.these_games, 1),
        f"{fit.expected_score(each.rating):.2f}",
        _shown(fit.expected_interval(each.these_games), 2),
        each.group,
    )


def _shown(interval: MaybeInterval, digits: int) -> str:
    """Return an interval, or the reason there is none."""
    match interval:
        case Interval(low, high):
            return f"[{low:.{digits}f}, {high:.{digits}f}]".replace("inf", "∞")
        case NoInterval(reason):
            return f"({reason})"


COMMAND = Command(
    "Rate the agents of a CSV or JSON file of matches, with 95 % intervals",
    arguments,
    run,
)

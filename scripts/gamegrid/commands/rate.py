"""Rate the results of any system from a file of matches."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from gamegrid.commands.command import Command
from gamegrid.stats.intervals import Interval, MaybeInterval, NoInterval
from gamegrid.stats.matchfile import read_matches
from gamegrid.stats.ratings import Fit, Rating, rate


def arguments(parser: ArgumentParser) -> None:
    """Take a file of matches."""
    parser.add_argument(
        "matches",
        type=Path,
        help="CSV with the columns match, game, agent, seat, and result (win, draw, loss) or "
        "return; deal and family if there are any",
    )


def run(given: Namespace) -> int:
    """Print one line per agent, the strongest first."""
    fit = rate(read_matches(given.matches))
    print(rating_text(fit))
    if len({each.component for each in fit.ratings}) > 1:
        print(
            "gamegrid: some agents are not linked by matches and do not compare.", file=sys.stderr
        )
    return 0


def rating_text(fit: Fit) -> str:
    """One line per agent: name, rating, interval or why there is none, letters of its group."""
    ranked = sorted(fit.ratings, key=lambda each: (-each.rating, each.agent))
    width = max(len(each.agent) for each in ranked)
    return "\n".join(_line(each, width) for each in ranked)


def _line(each: Rating, width: int) -> str:
    """One agent's line."""
    shown = _shown(each.these_games)
    return f"{each.agent:<{width}}  {each.rating:8.1f}  {shown:<20}  {each.group}".rstrip()


def _shown(interval: MaybeInterval) -> str:
    """An interval, or why there is none."""
    match interval:
        case Interval(low, high):
            return f"[{low:.1f}, {high:.1f}]"
        case NoInterval(reason):
            return f"({reason})"


COMMAND = Command(
    "print name, rating, 95 % interval and group of each agent of a CSV file of matches",
    arguments,
    run,
)

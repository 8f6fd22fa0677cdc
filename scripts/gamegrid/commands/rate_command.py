"""Rate agents from a CSV file of matches, whatever system played them."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from gamegrid.commands.command import Command
from gamegrid.stats.intervals import Interval, MaybeInterval, NoInterval
from gamegrid.stats.matchfile import read_matches
from gamegrid.stats.ratings import Fit, Rating, rate


def arguments(parser: ArgumentParser) -> None:
    """Declare the argument MATCHES."""
    parser.add_argument(
        "matches",
        type=Path,
        help="CSV with the columns match, game, agent, seat, and result (win, draw, loss) or "
        "return; deal and family are optional",
    )


def run(given: Namespace) -> int:
    """Print one line per agent, the strongest first."""
    fit = rate(read_matches(given.matches))
    print(rating_text(fit))
    if len({each.component for each in fit.ratings}) > 1:
        print(
            "gamegrid: some agents are not linked by matches, so their ratings do not compare.",
            file=sys.stderr,
        )
    return 0


def rating_text(fit: Fit) -> str:
    """Return one line per agent: name, rating, interval or the reason for none, group letters."""
    ranked = sorted(fit.ratings, key=lambda each: (-each.rating, each.agent))
    width = max(len(each.agent) for each in ranked)
    return "\n".join(_line(each, width) for each in ranked)


def _line(each: Rating, width: int) -> str:
    shown = _shown(each.these_games)
    return f"{each.agent:<{width}}  {each.rating:8.1f}  {shown:<20}  {each.group}".rstrip()


def _shown(interval: MaybeInterval) -> str:
    """Return an interval, or the reason there is none."""
    match interval:
        case Interval(low, high):
            return f"[{low:.1f}, {high:.1f}]"
        case NoInterval(reason):
            return f"({reason})"


COMMAND = Command(
    "Rate the agents of a CSV file of matches, with 95 % intervals",
    arguments,
    run,
)

"""How well each agent does in each game, by the game's measure."""

from collections.abc import Sequence

from gamegrid.report.figures.axes import split
from gamegrid.report.figures.dot_marks import Dots
from gamegrid.report.figures.figure import Figure, FigureRow, Panel, Section, Tables
from gamegrid.report.figures.reshape import choose, measure
from gamegrid.report.figures.sketch import Channel

CHANNELS = {
    "win_loss": Channel(title="score, 0 to 1", limits=(0, 1), shown=(0, 1), even=0.5),
    "margin": Channel(title="strict return per deal, the game's units", even=0.0),
    "payoff": Channel(title="own return per deal, the game's units"),
    "solo": Channel(title="return per deal, the game's units"),
}


def rows(tables: Tables) -> list[FigureRow]:
    """Return every agent with a deal, by the game's measure."""
    return choose(
        ({**row, "measure": measure(row)} for row in tables["per_game"] if row["deals"]),
        "game", "scoring", "rank_low", "rank_high", "ranked_among", "tied_group", "agent",
        "measure", "low", "high", "reason", "strict_score", "beats", "beats_low", "beats_high",
        "mean_return", "joint_return", "deals", "distinct_episodes",
        "forfeited", "truncated", "fallbacks", "dropped_deals",
    )  # fmt: skip


def panels(rows: Sequence[FigureRow]) -> list[Panel]:
    """Return one panel per game, because units differ."""
    return [
        Panel(
            game,
            Dots(
                rows=part,
                value="measure",
                ends=("low", "high"),
                reason="reason",
                hollow="strict_score" if scoring == "win_loss" else None,
                channel=CHANNELS[scoring],
            ),
        )
        for (game, scoring), part in split(rows, "game", "scoring")
    ]


FIGURE = Figure(
    name="per_game",
    view="per_game",
    title="Each game separately",
    section=Section.GAMES,
    place=1,
    meaning=(
        "The mean over opponents, each with equal weight, with its 95 % interval over deals. "
        "The dashed line is the result of equal players. In games counted in amounts the "
        "figure shows the strict return: the return if the first move that is not the agent's "
        "own were a forfeit."
    ),
    caution=(
        "Ranks are among agents that met the same opponents only, and rank_low to rank_high are "
        "those that luck leaves possible. In games counted in amounts "
        "the mean favours the agent that takes most from the weakest opponents, so beats, the "
        "share of opponents that an agent beats, comes first there."
    ),
    empty="No deal of any game counts yet.",
    rows=rows,
    panels=panels,
)

"""How each agent fares in each game, in the game's own measure."""

from collections.abc import Sequence

from gamegrid.report.figures.figure import Figure, Panel, Row, Section, Tables
from gamegrid.report.figures.marks import dots, split
from gamegrid.report.figures.reshape import choose, measure

MEASURES = {
    "win_loss": "score, 0 to 1",
    "margin": "strict return per deal, the game's units",
    "payoff": "own return per deal, the game's units",
    "solo": "return per deal, the game's units",
}


def rows(tables: Tables) -> list[Row]:
    """Every agent with a deal, by the measure of the game."""
    return choose(
        ({**row, "measure": measure(row)} for row in tables["per_game"] if row["deals"]),
        "game", "scoring", "rank", "ranked_among", "agent", "measure", "low", "high", "reason",
        "strict_score", "beats", "mean_return", "joint_return", "deals", "distinct_episodes",
        "forfeited", "truncated", "fallbacks", "dropped_deals",
    )  # fmt: skip


def panels(rows: Sequence[Row]) -> list[Panel]:
    """One per game: units differ."""
    return [
        Panel(
            game,
            dots(
                part,
                value="measure",
                ends=("low", "high"),
                reason="reason",
                hollow="strict_score" if scoring == "win_loss" else None,
                title=MEASURES[scoring],
                domain=(0, 1) if scoring == "win_loss" else None,
                even={"win_loss": 0.5, "margin": 0.0}.get(scoring),
            ),
        )
        for (game, scoring), part in split(rows, "game", "scoring")
    ]


FIGURE = Figure(
    name="per_game",
    view="per_game",
    title="Each game by itself",
    section=Section.GAMES,
    place=1,
    meaning=(
        "The mean over opponents, each weighing alike, with its 95 % interval over deals; the "
        "dashed line is what equals get. In games counted in amounts the strict return is drawn: "
        "what it had been, had the first move that was not the agent's own been a forfeit."
    ),
    caution=(
        "Places are among agents that met the same opponents only. In games counted in amounts "
        "the mean rewards whoever robs the weakest: beats, the share of opponents won from, comes "
        "first there."
    ),
    empty="No deal of any game counts yet.",
    rows=rows,
    panels=panels,
)

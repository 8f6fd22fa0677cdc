"""Who is better on the same deals: the difference of each pair of agents."""

from collections.abc import Mapping, Sequence

from gamegrid.report.figures.axes import split
from gamegrid.report.figures.dot_marks import Dots
from gamegrid.report.figures.figure import Figure, FigureRow, Panel, Section, Tables
from gamegrid.report.figures.reshape import choose
from gamegrid.report.figures.sketch import Channel

SCORE = Channel(title="difference of scores", limits=(-1, 1), even=0.0)
RETURN = Channel(title="difference of returns, the game's units", even=0.0)
ALL = "all win-loss games"
FEW = 6
"""The most agents for which every pair is drawn; of more, each is drawn against two others."""


def rows(tables: Tables) -> list[FigureRow]:
    """Return each pair once, the higher-rated agent first: over games, and in games that differ.

    Pairs in single win-loss games are left out if there is a comparison over all of them.
    """
    place = {row["agent"]: place for place, row in enumerate(tables["leaderboard"])}
    scoring = {row["game"]: row["scoring"] for row in tables["games"]}
    over = any(row["game"] is None and row["deals"] for row in tables["paired"])
    pairs = [
        {**row, "over": ALL if row["game"] is None else row["game"], "scoring": scored}
        for row in tables["paired"]
        if row["difference"] is not None and place[row["agent"]] < place[row["rival"]]
        for scored in [scoring.get(row["game"], "win_loss")]
        if not over or row["game"] is None or scored != "win_loss"
    ]
    pairs.sort(key=lambda row: (row["game"] or "", place[row["agent"]], place[row["rival"]]))
    return choose(
        pairs,
        "over", "scoring", "agent", "rival", "role", "difference", "verdict", "adjusted_low",
        "adjusted_high", "reason", "p_adjusted", "m", "deals", "dropped_deals",
    )  # fmt: skip


def panels(rows: Sequence[FigureRow]) -> list[Panel]:
    """Return panels for every set of games: by agent, or for many agents the telling pairs."""
    return [
        panel
        for (over, scoring), part in split(rows, "over", "scoring")
        for panel in _panels(over, SCORE if scoring == "win_loss" else RETURN, part)
    ]


def _panels(over: str, channel: Channel, rows: Sequence[FigureRow]) -> list[Panel]:
    of_agent = {agent: part for (agent,), part in split(rows, "agent")}
    if len(of_agent) < FEW:
        return [
            Panel(f"{agent} minus each of these: {over}", _dots(part, channel, "rival"))
            for agent, part in of_agent.items()
        ]
    leader, others = next(iter(of_agent.items()))
    neighbours = [part[0] for part in of_agent.values()]
    return [
        Panel(f"{leader} minus each of these: {over}", _dots(others, channel, "rival")),
        Panel(f"Each minus the next below: {over}", _dots(neighbours, channel, "agent")),
    ]


def _dots(rows: Sequence[Mapping[str, object]], channel: Channel, name: str) -> Dots:
    return Dots(
        rows=rows,
        value="difference",
        ends=("adjusted_low", "adjusted_high"),
        reason="reason",
        channel=channel,
        name=name,
        between="adjusted",
    )


FIGURE = Figure(
    name="paired",
    view="paired",
    also=("games", "leaderboard"),
    title="Who is better on the same deals",
    section=Section.STANDINGS,
    place=3,
    meaning=(
        "The dot is the mean difference of two agents over the deals that both played, so that the "
        "luck of the deal cancels out. To the right of the dashed line, the agent in the title did "
        "better. The line is the interval behind the verdict, which allows for the number of "
        "pairs: the two are told apart exactly if it leaves out 0."
    ),
    caution=(
        "Only agents that met the same opponents are compared. Two agents that cannot be told "
        "apart need not be equal: the table further_deals says how many deals would decide. With "
        "more than six agents, the figure shows the leader against all and neighbours by rating; "
        "the numbers hold every pair. Pairs in single games are in the table paired."
    ),
    empty="No two agents have deals in common against the same opponents.",
    rows=rows,
    panels=panels,
)

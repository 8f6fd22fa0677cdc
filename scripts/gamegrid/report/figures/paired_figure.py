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
"""The most agents for which every pair over all games is drawn."""
TURNED = {"better": "worse", "worse": "better"}
"""What a verdict becomes for the other agent of a pair."""


def rows(tables: Tables) -> list[FigureRow]:
    """Return each pair once, over all games and in each game, the higher-ranked agent first."""
    scoring = {row["game"]: row["scoring"] for row in tables["games"]}
    places = {(None, row["agent"]): place for place, row in enumerate(tables["leaderboard"])}
    places |= {(row["game"], row["agent"]): at for at, row in enumerate(tables["per_game"])}

    def place(row: FigureRow, who: str) -> int:
        return places[row["game"], row[who]]

    pairs = [
        row if place(row, "agent") < place(row, "rival") else _turned(row)
        for row in tables["paired"]
        if row["difference"] is not None
    ]
    pairs.sort(key=lambda row: (row["game"] or "", place(row, "agent"), place(row, "rival")))
    return choose(
        (
            {**row, "over": row["game"] or ALL, "scoring": scoring.get(row["game"], "win_loss")}
            for row in pairs
        ),
        "over", "scoring", "agent", "rival", "role", "difference", "verdict", "adjusted_low",
        "adjusted_high", "reason", "p_adjusted", "m", "deals", "dropped_deals",
    )  # fmt: skip


def _turned(row: FigureRow) -> FigureRow:
    """Return the same comparison from the side of the other agent."""
    low, high = row["adjusted_low"], row["adjusted_high"]
    return {
        **row,
        "agent": row["rival"],
        "rival": row["agent"],
        "difference": -row["difference"],
        "verdict": TURNED.get(row["verdict"], row["verdict"]),
        "adjusted_low": None if high is None else -high,
        "adjusted_high": None if low is None else -low,
    }


def panels(rows: Sequence[FigureRow]) -> list[Panel]:
    """Return panels over all games, then for each game the one of its first agent."""
    return [
        panel
        for (over, scoring), part in split(rows, "over", "scoring")
        for panel in _panels(over, SCORE if scoring == "win_loss" else RETURN, part)
    ]


def _panels(over: str, channel: Channel, rows: Sequence[FigureRow]) -> list[Panel]:
    by_agent = [(agent, part) for (agent,), part in split(rows, "agent")]
    first, others = by_agent[0]
    leading = Panel(f"{over}: {first} minus each of these", _dots(others, channel, "rival"))
    if over != ALL or len(by_agent) == 1:
        return [leading]
    if len(by_agent) < FEW:
        rest = [
            Panel(f"{over}: {agent} minus each of these", _dots(part, channel, "rival"))
            for agent, part in by_agent[1:]
        ]
        return [leading, *rest]
    neighbours = [part[0] for _, part in by_agent]
    return [leading, Panel(f"{over}: each minus the next", _dots(neighbours, channel, "agent"))]


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
    also=("games", "leaderboard", "per_game"),
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
        "apart need not be equal: the table further_deals says how many deals would decide. The "
        "figure shows the first agent against the others and, over all games, further pairs; the "
        "numbers hold every pair."
    ),
    empty="No two agents have deals in common against the same opponents.",
    rows=rows,
    panels=panels,
)

"""A small result set whose models' replies try to be more than text."""

from pathlib import Path

from gamegrid.report import page
from store_samples import agent, call, database, decision, episode, game

HOSTILE = (
    "<script>window.ran = 1</script>",
    "</script><script>window.ran = 2</script>",
    "--><!--<script>window.ran = 3//",
    "\"'`><img src=x onerror=\"window.ran = 4\"><a href='javascript:window.ran=5'>here</a>",
    "{{ 7 * 7 }} ${7 * 7} <%= 7 * 7 %> &lt;script&gt; &#60;b&#62;",
    "null \x00 bell \x07 end",
    "\u202eevil\u202c \u2066isolated\u2069 \u200f\u2028\u2029",
    "<svg onload=window.ran=6><style>*{display:none}</style>",
)
LONG = "<b>x</b>" * 125_000
"""A million characters."""

MOVES = (0, 3, 1, 4, 2)
"""A game of tic-tac-toe that x wins in the first row."""
LABELS = ("a1", "a2", "b1", "b2", "c1")


def hostile(folder: Path) -> Path:
    """Build a database of tic_tac_toe episodes in which models answer ``HOSTILE`` and ``LONG``.

    It is that of a shard.
    """
    texts = [*HOSTILE, LONG]
    deals = range(-(-len(texts) // len(MOVES)))
    replies = iter(texts)
    episodes = []
    for deal in deals:
        plies = range(len(MOVES))
        said = [next(replies, "fine") for _ in plies]
        episodes.append(
            episode(
                "tic_tac_toe",
                "ab",
                deal,
                0,
                scores=[1, 0],
                trajectory=MOVES,
                decisions=[
                    decision(
                        "ab"[ply % 2],
                        ply,
                        ply % 2,
                        attempts=1,
                        legal='["a1","a2","b1","b2","c1"]',
                        label=LABELS[ply],
                        reasoning=said[ply],
                    )
                    for ply in plies
                ],
                calls=[
                    call(ply, ply % 2, reply=said[ply], reasoning=said[ply], model_served=said[0])
                    for ply in plies
                ],
            )
        )
    agents = [
        agent(name, type="llm", backend="hf", model="hf_<b>bold</b>", params='{"x":"</script>"}')
        for name in "ab"
    ]
    return database(folder, episodes, agents, [game("tic_tac_toe")], shard="2/8")


def built(database: Path) -> Path:
    """Build the page of a database, in the same folder."""
    output = database.with_name("report.html")
    page.build(database, output)
    return output

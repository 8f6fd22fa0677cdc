"""Say which games to play on, from the open questions of a built database."""

from contextlib import closing
from pathlib import Path

import yaml

from gamegrid import games
from gamegrid.plan.plan import Plan
from gamegrid.records import duckdb_files

_OPEN = """
    SELECT game, agent, rival, deals, anytime_low, anytime_high, deals_needed, next_deals
    FROM further_deals
    WHERE next_deals IS NOT NULL
    ORDER BY game, next_deals, agent, rival
"""


def advice(plan: Plan, database: Path) -> str:
    """Return lines that name the open questions and the configuration that plays them on.

    A game with several open questions gets the deals of the one that needs most. Deals of the
    configuration are never reduced.
    """
    if plan.config.shard:
        return "further deals: decide on them when all shards are merged"
    with closing(duckdb_files.connect(database, read_only=True)) as connection:
        rows = connection.execute(_OPEN).fetchall()
    if not rows:
        return "further deals: no question is open that further deals could decide"
    lines = ["further deals: questions that are open by their anytime intervals (table paired)"]
    wanted = dict[str, int]()
    for game, agent, rival, deals, low, high, needed, following in rows:
        so_far = "no interval before 20" if low is None else f"{low:.3g} to {high:.3g}"
        lines.append(
            f"  {game}: {agent} against {rival}: {so_far} after {deals} deals; about {needed:,} "
            f"would decide"
        )
        wanted[game] = max(following, wanted.get(game, 0))
    entries = {games.load(entry).name: entry for entry in plan.config.games}
    own = {game.name: len(plan.deals(game)) for game in plan.grid.games}
    more = {name: deals for name, deals in wanted.items() if deals > own.get(name, deals)}
    if not more:
        return "\n".join([*lines, "the configuration already asks for these deals"])
    keep = dict(plan.config.game_deals)
    stated = yaml.safe_dump(
        {"game_deals": keep | {entries[name]: deals for name, deals in more.items()}},
        default_flow_style=None, width=1000,
    )  # fmt: skip
    return "\n".join([*lines, "to play on where it informs, write in the configuration:", stated])

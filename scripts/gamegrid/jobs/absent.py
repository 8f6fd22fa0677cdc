"""Which agents sit out of which games."""

from gamegrid.plan.plan import Plan


def absences(plan: Plan) -> str:
    """Return who sits out of which games and why, in one line; empty if nobody does."""
    games = dict[tuple[str, str], list[str]]()
    for out in plan.grid.absences:
        games.setdefault((out.agent, out.reason), []).append(out.game.name)
    said = [
        f"{agent} sits out {', '.join(names)} ({reason})"
        for (agent, reason), names in games.items()
    ]
    return "; ".join(said)

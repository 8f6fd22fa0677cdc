"""Say in one line whether the configuration's plan is on file."""

from pathlib import Path

from gamegrid.plan.plan import Plan
from gamegrid.records import registrations


def line(plan: Plan, results: Path) -> str | None:
    """Return the digest of the plan and since when it is on file; None without a plan.

    Publish the digest before the first deal to prove to others that the plan came first.
    """
    stated = plan.planned
    if stated is None:
        return None
    known = registrations.read(results / registrations.NAME)
    since = next((each.at for each in known if each.plan == stated), None)
    where = f"on file since {since}" if since else "noted by the first job that plays"
    return f"preregister: the plan has the SHA-256 {stated.sha256}, {where}"

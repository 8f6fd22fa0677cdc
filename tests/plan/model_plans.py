"""Plans of language models that play Kuhn poker against random play."""

from pathlib import Path
from typing import Any

import yaml

from gamegrid.plan import plan
from gamegrid.plan.plan import Plan


def make(folder: Path, entries: list[dict[str, Any]], **agents: dict[str, Any]) -> Plan:
    (folder / "models.yaml").write_text(yaml.safe_dump({"models": entries}), encoding="utf-8")
    given = {name: {"type": "llm", **keys} for name, keys in agents.items()}
    raw = {
        "games": ["kuhn_poker"],
        "models": ["models.yaml"],
        "agents": {"random": {"type": "random"}, **given},
    }
    return plan.make(raw, folder)

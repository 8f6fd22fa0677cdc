"""The tables of keys in config/README.md, generated from the types that read them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gamegrid.agents import llm
from gamegrid.agents.agent import AgentSettings
from gamegrid.backends.backend import ModelEntry
from gamegrid.config.models import AGENT_KEY
from gamegrid.config.types import GridConfig
from gamegrid.paths import WORKFLOW

PATH = WORKFLOW / "config/README.md"
TABLE = re.compile(r"(<!-- keys: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
ELSEWHERE = {"games", "agents", "models", "schedule"}
"""Keys whose values have a section of their own."""
HUGE = 2**63
"""A bound such as this says that a number fits the database, and nothing to a reader."""


def page(text: str) -> str:
    """Return the page with every table made anew between its marks."""
    made = {
        "grid": _table(GridConfig),
        "llm": _table(llm.Settings, without=AgentSettings.model_fields),
        "models": _table(ModelEntry, without=[AGENT_KEY]),
    }
    return TABLE.sub(lambda found: f"{found[1]}{made[found[2]]}{found[3]}", text)


def _table(model: type[BaseModel], without: Iterable[str] = ()) -> str:
    """One line per key, in the order of the type."""
    schema = model.model_json_schema()
    rows = [
        (f"`{key}`", _default(field), _allowed(key, schema), field.description or "")
        for key, field in model.model_fields.items()
        if key not in without
    ]
    return _markdown(("key", "default", "allowed", "meaning"), rows)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value in (None, [], {}):
        return ""
    return f"`{yaml.safe_dump(value, default_flow_style=True).splitlines()[0]}`"


def _allowed(key: str, schema: Mapping[str, Any]) -> str:
    if key in ELSEWHERE:
        return "below"
    return " or ".join(dict.fromkeys(_words(schema["properties"][key])))


def _words(form: Mapping[str, Any]) -> Iterator[str]:
    """What a value may be, in words, by its JSON schema; null is what a key left out is."""
    for one in form.get("anyOf", form.get("oneOf", [form])):
        if "enum" in one:
            yield from (f"`{value}`" for value in one["enum"] if isinstance(value, str))
        elif "const" in one:
            yield f"`{one['const']}`"
        else:
            match one.get("type"):
                case "null":
                    pass
                case "integer" | "number" as kind:
                    yield {"integer": "whole number", "number": "number"}[kind] + _bounds(one)
                case "boolean":
                    yield "`true` or `false`"
                case "string":
                    yield "text"
                case "array":
                    yield "list"
                case _:
                    yield "mapping"


def _bounds(one: Mapping[str, Any]) -> str:
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    told = [
        f"{sign} {one[name]}" for name, sign in signs.items() if abs(one.get(name, HUGE)) < HUGE
    ]
    return f" {', '.join(told)}" if told else ""


def _markdown(head: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [head, ["---" for _ in head], *rows]
    table = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    return table.replace("<", "&lt;")

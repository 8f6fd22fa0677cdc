"""Generate the key tables in config/README.md from the configuration's types."""

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
"""Keys that have a section of their own in the page."""
HUGE = 2**63
"""Bounds this large only ensure that a number fits the database. The page omits them."""


def page(text: str) -> str:
    """Return the page with every generated table refreshed."""
    tables = {
        "grid": _table(GridConfig),
        "llm": _table(llm.LlmSettings, without=AgentSettings.model_fields),
        "models": _table(ModelEntry, without=[AGENT_KEY]),
    }
    return TABLE.sub(lambda match: f"{match[1]}{tables[match[2]]}{match[3]}", text)


def _table(model: type[BaseModel], without: Iterable[str] = ()) -> str:
    """Return a Markdown table with one row per key, in the order of the type's fields."""
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
    """Yield the kinds of value that a JSON schema allows, except null (an omitted key)."""
    for option in form.get("anyOf", form.get("oneOf", [form])):
        if "enum" in option:
            yield from (f"`{value}`" for value in option["enum"] if isinstance(value, str))
        elif "const" in option:
            yield f"`{option['const']}`"
        else:
            match option.get("type"):
                case "null":
                    pass
                case "integer" | "number" as kind:
                    yield {"integer": "whole number", "number": "number"}[kind] + _bounds(option)
                case "boolean":
                    yield "`true` or `false`"
                case "string":
                    yield "text"
                case "array":
                    yield "list"
                case _:
                    yield "mapping"


def _bounds(form: Mapping[str, Any]) -> str:
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    bounds = [
        f"{sign} {form[name]}" for name, sign in signs.items() if abs(form.get(name, HUGE)) < HUGE
    ]
    return f" {', '.join(bounds)}" if bounds else ""


def _markdown(head: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [head, ["---" for _ in head], *rows]
    table = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    return table.replace("<", "&lt;")

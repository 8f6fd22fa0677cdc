"""Generate the JSON schema of the configuration from its types."""

import json
from typing import Any

from gamegrid.agents.agent import kinds
from gamegrid.config.types import GridConfig
from gamegrid.paths import WORKFLOW

PATH = WORKFLOW / "config/schemas/config.schema.json"


def schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12).

    If a configuration has ``plugins``, the schema accepts unknown agent types.
    """
    generated = GridConfig.model_json_schema()
    agents = generated["properties"]["agents"]["additionalProperties"]["oneOf"]
    for definition in generated["$defs"].values():
        _allow_sweep(definition)
    known = list(kinds())
    plugin_type = {"type": "string", "not": {"enum": known}}
    agents.append({"type": "object", "required": ["type"], "properties": {"type": plugin_type}})
    only_known = {"additionalProperties": {"properties": {"type": {"enum": known}}}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **generated,
        "if": {"not": {"required": ["plugins"]}},
        "then": {"properties": {"agents": only_known}},
    }


def _allow_sweep(definition: dict[str, Any]) -> None:
    """Accept an agent without its required keys if it has a ``sweep``, which may supply them."""
    if "sweep" in definition.get("properties", {}) and "required" in definition:
        definition["anyOf"] = [{"required": definition.pop("required")}, {"required": ["sweep"]}]


def text() -> str:
    """Return the schema as the text of its file."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"

"""The JSON schema of the configuration, generated from its types."""

import json
from typing import Any

from gamegrid.agents.agent import kinds
from gamegrid.config.types import GridConfig
from gamegrid.paths import WORKFLOW

PATH = WORKFLOW / "config/schemas/config.schema.json"


def schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12).

    Where there are ``plugins``, an agent may be of a type that is not known here.
    """
    found = GridConfig.model_json_schema()
    own = found["properties"]["agents"]["additionalProperties"]["oneOf"]
    for definition in found["$defs"].values():
        _allow_sweep(definition)
    types = list(kinds())
    outside = {"type": "string", "not": {"enum": types}}
    own.append({"type": "object", "required": ["type"], "properties": {"type": outside}})
    inside = {"additionalProperties": {"properties": {"type": {"enum": types}}}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **found,
        "if": {"not": {"required": ["plugins"]}},
        "then": {"properties": {"agents": inside}},
    }


def _allow_sweep(definition: dict[str, Any]) -> None:
    """Let an agent's sweep give what must be given."""
    if "sweep" in definition.get("properties", {}) and "required" in definition:
        definition["anyOf"] = [{"required": definition.pop("required")}, {"required": ["sweep"]}]


def text() -> str:
    """Return the schema as it is written to the file."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"

"""Prices of tokens, from the model's entry or else from the installed LiteLLM package.

LiteLLM's price list is read as a file, because importing the library takes seconds.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from types import MappingProxyType
from typing import Any

from gamegrid.backends.backend import ModelEntry
from gamegrid.backends.providers import PREFIX, split_name

LIST = "litellm/model_prices_and_context_window_backup.json"
MILLION = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Prices in USD per million tokens; None if unknown, which does not mean free.

    ``cached``: the price of prompt tokens that the provider reads from its cache. ``source``:
    ``entry`` or the version of the list; None if no price is known.
    """

    input: float | None = None
    output: float | None = None
    cached: float | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class PriceList:
    """The installed price list. ``source`` names its version."""

    source: str
    models: Mapping[str, Mapping[str, Any]]


def find(entry: ModelEntry) -> Prices:
    """Return the known prices of a model, without any request or library import."""
    if entry.input_price is not None or entry.output_price is not None:
        return Prices(input=entry.input_price, output=entry.output_price, source="entry")
    # A private server has no list price, even if its model's name is listed.
    if entry.api_base is not None or not entry.name.startswith(f"{PREFIX}_"):
        return Prices()
    listed = installed()
    return Prices() if listed is None else look_up(entry.name, listed)


def look_up(name: str, listed: PriceList) -> Prices:
    """Return the prices of a model id in a list."""
    provider, model = split_name(name)
    for key in (f"{provider}/{model}", model):
        row = listed.models.get(key)
        if row is not None and row.get("litellm_provider") == provider:
            return _prices(row, listed.source)
    return Prices()


def _prices(row: Mapping[str, Any], source: str) -> Prices:
    asked, said = row.get("input_cost_per_token"), row.get("output_cost_per_token")
    # The list has zeros for models that were free for a time and for models it knows nothing about.
    if not asked or not said:
        return Prices()
    cached = row.get("cache_read_input_token_cost")
    return Prices(
        input=_per_million(asked),
        output=_per_million(said),
        cached=_per_million(cached) if cached is not None else None,
        source=source,
    )


def _per_million(per_token: float) -> float:
    return round(per_token * MILLION, 9)


@cache
def installed() -> PriceList | None:
    """Read the list of the installed package; None if it is not installed."""
    try:
        package = distribution("litellm")
    except PackageNotFoundError:
        return None
    path = Path(str(package.locate_file(LIST)))
    if not path.is_file():
        return None
    models = json.loads(path.read_text(encoding="utf-8"))
    return PriceList(f"litellm {package.version}", MappingProxyType(models))

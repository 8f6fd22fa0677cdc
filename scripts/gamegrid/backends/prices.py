"""What a model's tokens cost: as its entry says, else as the installed LiteLLM package lists it.

The list is read as a file: the library itself, which takes seconds to import, is left alone.
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
    """USD per million tokens; None where unknown, which is never the same as free.

    ``cached``: of prompt tokens that the provider reads from its cache. ``source``: ``entry``, or
    the version of the list; None where no price is known.
    """

    input: float | None = None
    output: float | None = None
    cached: float | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class PriceList:
    """The installed list. ``source`` tells its version."""

    source: str
    models: Mapping[str, Mapping[str, Any]]


def find(entry: ModelEntry) -> Prices:
    """Return what is known of a model's prices. Asks nothing and loads no library."""
    if entry.input_price is not None or entry.output_price is not None:
        return Prices(input=entry.input_price, output=entry.output_price, source="entry")
    # A server of one's own has no list price, whatever its model is called.
    if entry.api_base is not None or not entry.name.startswith(f"{PREFIX}_"):
        return Prices()
    listed = installed()
    return Prices() if listed is None else look_up(entry.name, listed)


def look_up(name: str, listed: PriceList) -> Prices:
    """Return the prices of a model id in a list."""
    provider, model = split_name(name)
    for key in (f"{provider}/{model}", model):
        found = listed.models.get(key)
        if found is not None and found.get("litellm_provider") == provider:
            return _prices(found, listed.source)
    return Prices()


def _prices(found: Mapping[str, Any], source: str) -> Prices:
    asked, said = found.get("input_cost_per_token"), found.get("output_cost_per_token")
    # The list has zeros for models that were free for a time, and for such as it knows nothing of.
    if not asked or not said:
        return Prices()
    cached = found.get("cache_read_input_token_cost")
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
    """Read the list of the installed package; None where there is none."""
    try:
        package = distribution("litellm")
    except PackageNotFoundError:
        return None
    path = Path(str(package.locate_file(LIST)))
    if not path.is_file():
        return None
    models = json.loads(path.read_text(encoding="utf-8"))
    return PriceList(f"litellm {package.version}", MappingProxyType(models))

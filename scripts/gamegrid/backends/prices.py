"""Prices of tokens, from the model's entry or else from the installed LiteLLM package.

LiteLLM's price list is read as a file, because importing the library takes seconds.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from types import MappingProxyType
from typing import Any

from gamegrid.backends.backend import ModelEntry
from gamegrid.backends.providers import PREFIX, split_name
from gamegrid.backends.tariff import LongPrice, Price

LIST = "litellm/model_prices_and_context_window_backup.json"
MILLION = 1e6
WRITTEN = ("cache_creation_input_token_cost", "cache_creation_input_token_cost_above_1hr")
LONG = re.compile(r"input_cost_per_token_above_(\d+)k_tokens")
LONG_REPLY = re.compile(r"output_cost_per_token_above_\d+k_tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Prices in USD per million tokens; None if unknown, which does not mean free.

    ``cached``: the price of prompt tokens that the provider reads from its cache. ``written``: of
    those that it writes to its cache. ``reasoning``: of reply tokens that are reasoning. ``long``:
    of long requests. ``source``: ``entry`` or the version of the list; None if no price is known.
    """

    input: float | None = None
    output: float | None = None
    cached: float | None = None
    source: str | None = None
    written: float | None = None
    reasoning: float | None = None
    long: LongPrice | None = None

    def highest(self) -> Price | None:
        """Return a price that no token exceeds, as far as the list tells; None if it is unknown."""
        if self.input is None or self.output is None:
            return None
        output, long = max(self.output, self.reasoning or 0.0), self.long
        if long is not None:
            long = LongPrice(long.above, max(self.input, long.input), max(output, long.output))
        return Price(self.input, output, self.cached, self.written, long)


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
    row = _row(name, listed)
    return Prices() if row is None else _prices(row, listed.source)


def most_tokens(entry: ModelEntry) -> int | None:
    """Return the limit on the tokens of a reply, from the entry or the list; None if unknown."""
    if entry.max_output_tokens is not None:
        return entry.max_output_tokens
    if entry.api_base is not None or not entry.name.startswith(f"{PREFIX}_"):
        return None
    listed = installed()
    row = None if listed is None else _row(entry.name, listed)
    limit = (row.get("max_output_tokens") or row.get("max_tokens")) if row else None
    return limit if isinstance(limit, int) and limit > 0 else None


def _row(name: str, listed: PriceList) -> Mapping[str, Any] | None:
    provider, model = split_name(name)
    for key in (f"{provider}/{model}", model):
        row = listed.models.get(key)
        if row is not None and row.get("litellm_provider") == provider:
            return row
    return None


def _prices(row: Mapping[str, Any], source: str) -> Prices:
    asked, said = row.get("input_cost_per_token"), row.get("output_cost_per_token")
    # The list has zeros for models that were free for a time and for models it knows nothing about.
    if not asked or not said:
        return Prices()
    return Prices(
        input=_per_million(asked),
        output=_per_million(said),
        cached=_listed(row, "cache_read_input_token_cost"),
        source=source,
        written=_listed(row, *WRITTEN),
        reasoning=_listed(row, "output_cost_per_reasoning_token"),
        long=_long(row),
    )


def _listed(row: Mapping[str, Any], *names: str) -> float | None:
    """Return the highest of some prices; None if none is listed."""
    found = [row[name] for name in names if row.get(name) is not None]
    return _per_million(max(found)) if found else None


def _long(row: Mapping[str, Any]) -> LongPrice | None:
    """Return the price of long requests, from the lowest length on that the list names."""
    lengths = [int(found[1]) for name in row if (found := LONG.fullmatch(name))]
    if not lengths:
        return None
    inputs = [row[name] for name in row if LONG.fullmatch(name)]
    outputs = [row[name] for name in row if LONG_REPLY.fullmatch(name)]
    output = max([row["output_cost_per_token"], *outputs])
    return LongPrice(min(lengths) * 1000, _per_million(max(inputs)), _per_million(output))


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

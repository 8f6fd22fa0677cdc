"""What each job needs: its models, how many deals it holds, its environment, host and prices."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gamegrid.backends import prices
from gamegrid.backends.backend import CORE, heaviest
from gamegrid.backends.tariff import Tariff
from gamegrid.config.models import Model
from gamegrid.config.types import GridConfig
from gamegrid.errors import UserError
from gamegrid.plan.demand import Demand, demand
from gamegrid.plan.grid import Cell

BOT_DEALS = 2500
"""Deals per job of a cell without models: seconds to minutes of work."""
WHOLE_CELL = 1_000_000
"""Deals per job where starting the engine takes long: all of them."""
EPISODES_PER_REQUEST = 4
"""Episodes per job for each request in flight, so that few jobs end with idle connections."""


@dataclass(frozen=True, slots=True)
class JobNeeds:
    """The needs of jobs, by cell. ``models`` are the agents that are models, by agent name."""

    config: GridConfig
    models: Mapping[str, Model]

    def models_of(self, cell: Cell) -> list[Model]:
        """Return the models that play in a cell, one for each agent."""
        return [self.models[name] for name in set(cell.matchup.agents) if name in self.models]

    def local(self, cell: Cell) -> list[str]:
        """Return the ids of the cell's models that run in the job."""
        return [
            model.written.name
            for model in self.models_of(cell)
            if not model.kind.capabilities.hosted
        ]

    def in_flight(self, cell: Cell) -> int:
        """Return how many requests one job may have in flight; 0 without models."""
        by_entry = {model.entry.name: model for model in self.models_of(cell)}
        return sum(
            model.entry.max_connections or model.kind.capabilities.in_flight
            for model in by_entry.values()
        )

    def deals(self, cell: Cell) -> int:
        """Return how many deals a job holds: as configured, or as suits the cell's backends.

        The default for hosted models grows with the requests in flight. It doubles, so that the
        blocks of a larger ``max_connections`` are made of whole blocks of a smaller one.
        """
        if self.config.chunk:
            return self.config.chunk
        least = [model.kind.capabilities.chunk_deals for model in self.models_of(cell)]
        if None in least:
            return WHOLE_CELL
        deals = min((size for size in least if size is not None), default=BOT_DEALS)
        seatings = len(cell.matchup.seatings(self.config.seatings))
        while deals * seatings < EPISODES_PER_REQUEST * self.in_flight(cell):
            deals *= 2
        return deals

    def environment(self, cell: Cell) -> str:
        """Return the environment that has every library a job of the cell needs."""
        return self._environment(self.models_of(cell))

    @property
    def heaviest_environment(self) -> str:
        """The environment that has every library the grid needs."""
        return self._environment(self.models.values())

    def _environment(self, models: Iterable[Model]) -> str:
        if self.config.run_mode == "replay":  # starts no engine
            return CORE.name
        return heaviest(model.kind.capabilities.environment for model in models)

    def demand(self, cell: Cell) -> Demand:
        """Return what a job of the cell asks of its host; a replay starts no engine.

        Raises ValueError if no host can give its models the GPUs that they need.
        """
        return demand([] if self.config.run_mode == "replay" else self.models_of(cell))

    def tariffs(self, cell: Cell) -> dict[str, Tariff]:
        """Return the tariffs of the cell's models by model id, without those that cost nothing.

        Raises UserError if the price of a hosted model is unknown: no budget can be kept then.
        """
        known = {}
        for model in self.models_of(cell):
            price = prices.find(model.entry).highest()
            if price is not None:
                known[model.written.name] = Tariff(price, prices.most_tokens(model.entry))
            elif model.kind.capabilities.hosted:
                raise UserError(
                    f"config: budget_usd: the price of {model.written.name} is unknown. Give its "
                    f"entry in a model file input_price and output_price (USD per million "
                    f"tokens), or 0 for a server that you run yourself."
                )
        return {name: tariff for name, tariff in known.items() if tariff.price.is_charged}

"""What jobs and agents are: everything that changes a result, and nothing else.

Snakemake compares these texts to decide what to play again. The number of deals, prices, limits,
addresses and the code are not part of them: a longer grid or an edited script causes nothing
to be played again.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gamegrid.agents.llm import LlmSettings
from gamegrid.config.models import Model
from gamegrid.config.types import GridConfig
from gamegrid.games.game import Game
from gamegrid.plan import plugin_digests
from gamegrid.plan.bundles import Bundle
from gamegrid.plan.deals import max_plies, opening_plies
from gamegrid.plan.grid import Cell
from gamegrid.plan.reference_cells import ReferenceCells
from gamegrid.plan.single_moves import SingleMoves
from gamegrid.records.blocks import FOLDERS


@dataclass(frozen=True, slots=True)
class Identity:
    """The identities of a configuration's agents and jobs.

    ``models`` are the agents that are models, by agent name. ``prompt_digests`` are the SHA-256 of
    the texts of their templates, by template name.
    """

    config: GridConfig
    models: Mapping[str, Model]
    prompt_digests: Mapping[str, str]

    def agent(self, name: str) -> dict[str, Any]:
        """Return an agent's settings, its model's weights, and digests of template and plug-ins."""
        settings = self.config.agents[name]
        stated = settings.model_dump(exclude={"games"}, exclude_none=True)
        if isinstance(settings, LlmSettings):
            stated["model_entry"] = self.models[name].identity()
            stated["prompt_digest"] = self.prompt_digests[settings.prompt]
        return stated | plugin_digests.of_agent(settings.type, self.models.get(name))

    def params(self, cell: Cell) -> str:
        """Return everything that affects the episodes of a cell as one canonical JSON string."""
        return _canonical(
            {
                **self._of_all_cells(cell.game),
                "seatings": cell.matchup.seatings(self.config.seatings),
                "agents": {name: self.agent(name) for name in sorted(set(cell.matchup.agents))},
            }
        )

    def bundle_params(self, bundle: Bundle) -> str:
        """Return the SHA-256 of everything that affects the episodes of a bundle's cells."""
        matchups = {chunk.cell.matchup for chunk in bundle.chunks}
        agents = {name for matchup in matchups for name in matchup.agents}
        stated = {
            **self._of_all_cells(bundle.cell.game),
            "seatings": self.config.seatings,  # the name of the bundle stands for its matchups
            "agents": {name: self.agent(name) for name in sorted(agents)},
        }
        return hashlib.sha256(_canonical(stated).encode()).hexdigest()

    def _of_all_cells(self, game: Game) -> dict[str, Any]:
        """Return what affects the episodes of all cells of a game."""
        return {
            "protocol": self.config.protocol,
            "seed": self.config.seed,
            "game": game.load_string,
            **plugin_digests.of_game(game),
            "opening_plies": opening_plies(self.config, game),
            "max_plies": max_plies(self.config, game),
            # At its default it is no part of the identity: the first grids lacked it.
            **({"balanced": True} if self.config.balanced else {}),
        }

    def single_move_params(self, moves: SingleMoves) -> str:
        """Return everything that affects an agent's single moves as one canonical JSON string."""
        return _canonical(
            {
                "task": moves.task,
                "protocol": self.config.protocol,
                "seed": self.config.seed,
                "game": moves.game.load_string,
                **plugin_digests.of_game(moves.game),
                "agents": {moves.agent: self.agent(moves.agent)},
                FOLDERS[moves.task]: moves.number,
                "version": moves.version,
            }
        )

    def reference_params(self, games: Iterable[Game], cells: ReferenceCells) -> str:
        """Return one canonical JSON string of what the references and expectations rest on."""
        agents = {name for cell in cells.all for name in cell.matchup.agents}
        return _canonical(
            {
                "games": [
                    [
                        game.load_string,
                        opening_plies(self.config, game),
                        max_plies(self.config, game),
                    ]
                    for game in games
                ],
                "seatings": self.config.seatings,
                "cells": [[cell.game.name, cell.matchup.name] for cell in cells.controls],
                "responses": [[cell.game.name, cell.matchup.name] for cell in cells.responses],
                "agents": {name: self.agent(name) for name in sorted(agents & cells.known)},
            }
        )

    def prompts(self, cell: Cell) -> dict[str, str]:
        """Return the SHA-256 of the templates that a cell's models are asked with, by name."""
        agents = (self.config.agents[name] for name in cell.matchup.agents)
        names = {settings.prompt for settings in agents if isinstance(settings, LlmSettings)}
        return {name: self.prompt_digests[name] for name in sorted(names)}


def _canonical(stated: Mapping[str, Any]) -> str:
    return json.dumps(stated, sort_keys=True, ensure_ascii=True)

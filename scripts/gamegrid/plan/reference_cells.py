"""The cells whose results are compared with numbers computed from the rules alone."""

from dataclasses import dataclass

from gamegrid.agents.agent import kinds
from gamegrid.config.types import GridConfig
from gamegrid.games.game import Scoring
from gamegrid.plan import grid
from gamegrid.plan.grid import Cell, Grid


@dataclass(frozen=True, slots=True)
class ReferenceCells:
    """Cells of the grid and of a suite's frozen results.

    ``known`` are the agents whose policies are known. In ``controls`` only such agents play, so
    the exact distribution of results can be computed. In ``responses``, returns are compared with
    best responses.
    """

    known: frozenset[str]
    controls: tuple[Cell, ...]
    responses: tuple[Cell, ...]

    @property
    def all(self) -> tuple[Cell, ...]:
        """Controls and responses; a cell may be both."""
        return (*self.controls, *self.responses)


def find(config: GridConfig, own: Grid, ladder: bool) -> ReferenceCells:
    """Find the reference cells of a grid, and with ``ladder`` those of its suite's frozen games."""
    everybody = config.model_copy(update={"schedule": "round_robin", "self_play": False})
    frozen = grid.build(everybody).cells if ladder else ()
    cells = list(dict.fromkeys((*own.cells, *frozen)))
    known = frozenset(
        name
        for name, settings in config.agents.items()
        if kinds()[settings.type].policy is not None
    )
    return ReferenceCells(
        known=known,
        controls=tuple(cell for cell in cells if known.issuperset(cell.matchup.agents)),
        responses=tuple(
            cell for cell in cells if cell.game.scoring in (Scoring.PAYOFF, Scoring.SOLO)
        ),
    )

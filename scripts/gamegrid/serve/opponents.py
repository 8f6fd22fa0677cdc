"""Who a person can play in the served page: the agents of a grid, and bots that come with gamegrid.

The grid decides which plug-ins are in use, so its games can be played as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import as_file, files
from typing import Any

from gamegrid.agents.agent import AgentSettings
from gamegrid.config.load import read_yaml
from gamegrid.errors import UserError, nearest
from gamegrid.games.game import Game
from gamegrid.games.registry import aliases, load
from gamegrid.plan import plan
from gamegrid.plan.grid import unsupported_reason
from gamegrid.plan.plan import Plan
from gamegrid.play.beside import Match
from gamegrid.serve.watching import Configured

MOST_DEALS = 1_000_000


@dataclass(frozen=True)
class Opponents:
    """The plans that hold opponents, the grid's first."""

    plans: tuple[Plan, ...]

    @classmethod
    def of(cls, grid: Configured) -> "Opponents":
        """Return the agents of a grid, then the bots that it does not name.

        Raises UserError for a grid that cannot be run.
        """
        with as_file(files("gamegrid.serve") / "opponents.yaml") as path:
            bots: dict[str, Any] = read_yaml(path)
        plugins = {key: grid.raw[key] for key in ("plugins",) if key in grid.raw}
        own = plan.make({**bots, **plugins}, grid.working)
        return cls((plan.make(grid.raw, grid.working), own))

    @cached_property
    def by_name(self) -> Mapping[str, Plan]:
        """The plan of each opponent."""
        return {
            name: prepared for prepared in reversed(self.plans) for name in prepared.config.agents
        }

    @cached_property
    def games(self) -> Mapping[str, Game]:
        """The games of the grid and of the suite, by name: the grid's first, then by title."""
        grid = {game.name: game for game in self.plans[0].grid.games}
        loaded = (load(alias) for alias in aliases())
        suite = {game.name: game for game in sorted(loaded, key=lambda game: game.title)}
        return {**grid, **suite, **grid}

    def models(self) -> frozenset[str]:
        """The opponents that are models."""
        return frozenset(name for name, prepared in self.by_name.items() if name in prepared.models)

    def able(self, game: Game) -> list[str]:
        """Return who can play a game, the grid's agents first."""
        names = [name for prepared in self.plans for name in prepared.config.agents]
        return [
            name
            for name in dict.fromkeys(names)
            if _plays(self.by_name[name].config.agents[name], game)
        ]

    def match(self, wanted: Mapping[str, Any]) -> Match:
        """Return the match that a person asks for by ``game``, ``against``, ``seat`` and ``deal``.

        Raises UserError for a game or an opponent that is not here, and for a number out of range.
        """
        name, against = str(wanted.get("game")), str(wanted.get("against"))
        game = self.games.get(name)
        if game is None:
            raise UserError(f"there is no game {name!r} here.{nearest(name, self.games)}")
        if against not in self.able(game):
            raise UserError(f"{against!r} cannot play {name}. Choose {', '.join(self.able(game))}.")
        return Match(
            game=game,
            agent=against,
            seat=_number(wanted, "seat", 1, game.players) - 1,
            deal=_number(wanted, "deal", 0, MOST_DEALS),
        )


def _plays(settings: AgentSettings, game: Game) -> bool:
    if settings.games is not None and game.name not in {load(name).name for name in settings.games}:
        return False
    return unsupported_reason(settings, game) is None


def _number(wanted: Mapping[str, Any], key: str, least: int, most: int) -> int:
    value = wanted.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise UserError(f"{key}: {value!r} is not a whole number from {least} to {most}.")
    return value

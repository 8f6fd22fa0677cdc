"""Check the plan of ``preregister`` against the grid, and put it in the form that is recorded."""

import hashlib
from collections.abc import Iterator

from gamegrid import games
from gamegrid.config.preregister import Preregister
from gamegrid.config.types import GridConfig
from gamegrid.errors import UserError, nearest
from gamegrid.games.game import Game, Scoring
from gamegrid.plan.grid import Cell, Grid
from gamegrid.plan.identity import Identity
from gamegrid.records.registrations import GamePlan, MeanPlan, PlannedQuestions

LARGEST_MARGIN = 1.0
"""No two scores differ by more."""


def planned(config: GridConfig, grid: Grid, identity: Identity) -> PlannedQuestions | None:
    """Return the plan in the form that is recorded; None without the key ``preregister``."""
    stated = config.preregister
    if stated is None:
        return None
    return PlannedQuestions(
        pairs=tuple(sorted((min(pair), max(pair)) for pair in stated.pairs)),
        games={
            games.load(name).name: GamePlan(deals=each.deals, margin=each.margin)
            for name, each in sorted(stated.games.items())
        },
        over_games=MeanPlan(margin=stated.over_games.margin) if stated.over_games else None,
        cells={
            f"{cell.game.name}/{cell.matchup.name}": hashlib.sha256(
                identity.params(cell).encode()
            ).hexdigest()
            for cell in grid.cells
        },
    )


def check(config: GridConfig, grid: Grid) -> None:
    """Refuse a plan that no results of the grid can answer. Raises UserError."""
    if config.preregister is None:
        return
    stated = config.preregister
    if not stated.games and stated.over_games is None:
        raise UserError(
            "config: preregister: it names no games. Name them under games, each with its deals, "
            "or set over_games."
        )
    _check_pairs(stated, config)
    for game in _games(stated, grid):
        for pair in stated.pairs:
            _check_question(game, pair, grid)
    _check_margins(stated)


def _check_pairs(stated: Preregister, config: GridConfig) -> None:
    seen = set[frozenset[str]]()
    for pair in stated.pairs:
        shown = f"[{', '.join(pair)}]"
        for agent in pair:
            if agent not in config.agents:
                raise UserError(
                    f"config: preregister.pairs: the agent {agent!r} is unknown."
                    f"{nearest(agent, config.agents)} There are {', '.join(config.agents)}."
                )
        if len(pair) != 2 or len(set(pair)) != 2:
            raise UserError(
                f"config: preregister.pairs: {shown} is no pair. Name two different agents."
            )
        if frozenset(pair) in seen:
            raise UserError(f"config: preregister.pairs: {shown} is named twice. Remove one.")
        seen.add(frozenset(pair))


def _games(stated: Preregister, grid: Grid) -> Iterator[Game]:
    """Yield the games in which pairs are compared, those of ``over_games`` included."""
    known = {game.load_string: game for game in grid.games}
    named = set[str]()
    for name in stated.games:
        load_string = games.load(name).load_string
        if load_string not in known:
            names = ", ".join(game.name for game in grid.games)
            raise UserError(
                f"config: preregister.games: {name!r} is not among the grid's games ({names})."
            )
        if load_string in named:
            raise UserError(f"config: preregister.games: {name!r} names a game a second time.")
        named.add(load_string)
        yield known[load_string]
    if stated.over_games is not None:
        counted = [game for game in grid.games if game.scoring is Scoring.WIN_LOSS]
        if len(counted) < 2:
            raise UserError(
                "config: preregister.over_games: the grid has fewer than two win_loss games. "
                "Remove over_games, and name the game under games."
            )
        yield from (game for game in counted if game.load_string not in named)


def _check_question(game: Game, pair: list[str], grid: Grid) -> None:
    """Refuse a pair that a game does not compare."""
    shown = f"[{', '.join(pair)}]"
    if game.scoring is Scoring.PAYOFF:
        raise UserError(
            f"config: preregister.games: {game.name} is a payoff game, in which agents are not "
            f"compared in pairs. Remove it."
        )
    cells = [cell for cell in grid.cells if cell.game is game]
    met = [_line_ups(cells, agent, rival) for agent, rival in (pair, pair[::-1])]
    for agent, line_ups in zip(pair, met, strict=True):
        if line_ups is None:
            raise UserError(
                f"config: preregister.pairs: {agent!r} of {shown} does not play {game.name}. "
                f"Change the pair, the game or the schedule."
            )
    if met[0] != met[1]:
        raise UserError(
            f"config: preregister.pairs: {shown} do not meet the same opponents in {game.name}, so "
            f"they cannot be compared there. Change the pair, the game or the schedule."
        )


def _line_ups(cells: list[Cell], agent: str, rival: str) -> list[list[str]] | None:
    """Return the opponents of an agent's matchups without the rival; None if it plays nothing."""
    own = [list(cell.matchup.agents) for cell in cells if agent in cell.matchup.agents]
    own = [agents for agents in own if len(agents) == 1 or len(set(agents)) > 1]  # no self-play
    for agents in own:
        agents.remove(agent)
    return sorted(agents for agents in own if rival not in agents) if own else None


def _check_margins(stated: Preregister) -> None:
    """Refuse margins that every difference of scores lies within."""
    margins = {f"games.{name}": each.margin for name, each in stated.games.items()
               if games.load(name).scoring is Scoring.WIN_LOSS}  # fmt: skip
    if stated.over_games is not None:
        margins["over_games"] = stated.over_games.margin
    for key, margin in margins.items():
        if margin is not None and margin >= LARGEST_MARGIN:
            raise UserError(
                f"config: preregister.{key}.margin: {margin:g} is not allowed, because no two "
                f"scores differ by more than 1. Give a margin below 1."
            )

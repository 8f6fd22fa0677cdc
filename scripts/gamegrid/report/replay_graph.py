"""The value of a game over an episode, at every position that an oracle values."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyspiel

from gamegrid.games.game import Game
from gamegrid.report.replay_record import ValueGraph, ValueLine

Points = list[tuple[int, float]]


def value_graph(
    game: Game, decided: Sequence[Mapping[str, Any]], returns: Sequence[float | None], end: int
) -> ValueGraph | None:
    """Return the graph of an episode, or None if no decision was valued.

    ``decided`` are the rows of the decisions (columns ply, seat and best_value), ``returns`` those
    of the seats, and ``end`` is the ply at which the episode ended. A position is worth what its
    best move is worth. Where both seats know everything and one's gain is the other's loss, one
    line shows the value to the first seat; otherwise each seat has a line for its own decisions.
    """
    valued = [line for line in decided if line["best_value"] is not None]
    if not valued:
        return None
    total = _shared_total(game)
    lines = dict[int, Points]()
    for line in valued:
        seat, value = line["seat"], line["best_value"]
        if total is not None and seat != 0:
            seat, value = 0, total - value
        lines.setdefault(seat, []).append((line["ply"], value))
    for seat, points in lines.items():
        final = returns[seat]
        if final is not None and end > points[-1][0]:
            points.append((end, final))
    return ValueGraph(
        low=game.spiel.min_utility(),
        high=game.spiel.max_utility(),
        lines=tuple(
            ValueLine(seat=seat, points=tuple(points)) for seat, points in sorted(lines.items())
        ),
    )


def _shared_total(game: Game) -> float | None:
    """Return what both seats' values add up to; None if a value belongs to one seat only."""
    kind = game.spiel.get_type().utility
    if game.players != 2 or game.hidden_information or not game.sequential:
        return None
    if kind not in (pyspiel.GameType.Utility.ZERO_SUM, pyspiel.GameType.Utility.CONSTANT_SUM):
        return None
    return float(game.spiel.utility_sum())

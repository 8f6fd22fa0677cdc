"""The episodes and single moves of a job, each with its seats and its opening."""

from collections.abc import Iterator, Sequence
from typing import assert_never

from gamegrid.games.game import Game, Joint
from gamegrid.oracles.minimax import Minimax
from gamegrid.plan.deals import opening
from gamegrid.plan.grid import Cell
from gamegrid.plan.plan import Alone, Plan
from gamegrid.plan.positions import positions
from gamegrid.plan.probes import probes
from gamegrid.play.episode import Setup
from gamegrid.records.blocks import parse_block
from gamegrid.records.record_types import RunRecord


def setups(plan: Plan, cell: Cell, block: str, run: RunRecord) -> Iterator[Setup]:
    """The episodes of a block: every seating of each of its deals."""
    config, game = plan.config, cell.game
    minimax = Minimax()
    start, stop = parse_block(block)
    for deal in range(start, stop):
        first = opening(game, config.seed, deal, plan.opening_plies(game), minimax)
        for seating, seats in enumerate(cell.matchup.seatings(config.seatings)):
            yield Setup(
                run_id=run.run_id,
                seed=config.seed,
                game=game,
                matchup=cell.matchup.name,
                deal=deal,
                seating=seating,
                seats=seats,
                opening=tuple(first),
                max_plies=plan.max_plies(game),
            )


def single_moves(asked: Alone, plan: Plan, cell: Cell, run: RunRecord) -> Iterator[Setup]:
    """The single moves that one agent is asked for."""
    match asked:
        case Alone.POSITIONS:
            return _positions(plan, cell, run)
        case Alone.PROBES:
            return _probes(plan, cell, run)
        case other:
            assert_never(other)


def _positions(plan: Plan, cell: Cell, run: RunRecord) -> Iterator[Setup]:
    """An episode of one decision from each position; the agent has every seat and one is asked."""
    for number, history in enumerate(positions(cell.game, plan.config.positions)):
        yield _one_move(plan, cell, run, deal=number, seating=0, history=history)


def _probes(plan: Plan, cell: Cell, run: RunRecord) -> Iterator[Setup]:
    """The same from each probe, whose number is the seating; the deal is the number of the sample.

    So more samples are asked for with the luck of further deals, and those on file stay.
    """
    [agent] = cell.matchup.agents
    for sample in range(plan.samples(agent)):
        for number, probe in enumerate(probes(cell.game)):
            yield _one_move(plan, cell, run, deal=sample, seating=number, history=probe.history)


def _one_move(
    plan: Plan, cell: Cell, run: RunRecord, *, deal: int, seating: int, history: Sequence[Joint]
) -> Setup:
    [agent] = cell.matchup.agents
    return Setup(
        run_id=run.run_id,
        seed=plan.config.seed,
        game=cell.game,
        matchup=cell.matchup.name,
        deal=deal,
        seating=seating,
        seats=(agent,) * cell.game.players,
        opening=tuple(history),
        max_plies=1,
    )


def alone(made: Plan, name: str, game: Game, deal: int) -> Setup:
    """An episode of a deal with one agent in every seat, outside the grid."""
    first = opening(game, made.config.seed, deal, made.opening_plies(game), Minimax())
    return Setup(
        run_id="",
        seed=made.config.seed,
        game=game,
        matchup=name,
        deal=deal,
        seating=0,
        seats=(name,) * game.players,
        opening=tuple(first),
        max_plies=made.max_plies(game),
    )

"""The setups of a job's episodes and single moves: who sits where, and how it opens."""

from collections.abc import Iterator

from gamegrid.games.game import Game
from gamegrid.oracles.minimax import Minimax
from gamegrid.plan.balanced import balanced_start
from gamegrid.plan.deals import Start, opening
from gamegrid.plan.grid import Cell
from gamegrid.plan.plan import Plan
from gamegrid.plan.single_moves import SingleMoves, histories
from gamegrid.play.episode import Setup
from gamegrid.records.blocks import parse_block
from gamegrid.records.record_types import Task


def episode_setups(plan: Plan, cell: Cell, block: str, run_id: str) -> Iterator[Setup]:
    """Yield the episodes of a block: every seating of each of its deals."""
    config, game = plan.config, cell.game
    plies, minimax = plan.opening_plies(game), Minimax()
    start, stop = parse_block(block)
    for deal in range(start, stop):
        if config.balanced:
            first = balanced_start(game, config.seed, deal, plies)
        else:
            first = Start(tuple(opening(game, config.seed, deal, plies, minimax)))
        for seating, seats in enumerate(cell.matchup.seatings(config.seatings)):
            yield Setup(
                run_id=run_id,
                seed=config.seed,
                game=game,
                matchup=cell.matchup.name,
                deal=deal,
                seating=seating,
                seats=seats,
                opening=first.opening,
                events=first.events,
                max_plies=plan.max_plies(game),
            )


def single_move_setups(plan: Plan, moves: SingleMoves, run_id: str) -> Iterator[Setup]:
    """Yield the single moves of a job, each as an episode that ends after one decision.

    Replies are filed by deal and seating. A position files its number as the deal. A probe files
    the sample as the deal and its number as the seating, so more samples use the luck of further
    deals and keep the replies on file.
    """
    probing = moves.task is Task.PROBE
    for sample in range(moves.number if probing else 1):
        for number, history in enumerate(histories(moves.task, moves.game, moves.number)):
            yield Setup(
                task=moves.task,
                run_id=run_id,
                seed=plan.config.seed,
                game=moves.game,
                matchup=moves.agent,
                deal=sample if probing else number,
                seating=number if probing else 0,
                seats=(moves.agent,) * moves.game.players,
                opening=tuple(history),
                max_plies=1,
            )


def self_play_setup(plan: Plan, agent: str, game: Game, deal: int) -> Setup:
    """Return an episode outside the grid, with one agent in every seat."""
    config = plan.config
    first = opening(game, config.seed, deal, plan.opening_plies(game), Minimax())
    return Setup(
        run_id="",
        seed=config.seed,
        game=game,
        matchup=agent,
        deal=deal,
        seating=0,
        seats=(agent,) * game.players,
        opening=tuple(first),
        max_plies=plan.max_plies(game),
    )

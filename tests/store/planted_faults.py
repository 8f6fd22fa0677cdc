"""Faults planted in the play loop, the tape or an agent, and whether the controls find them.

The faults change how episodes are played. No result is edited afterwards. The tests play them on a
small scale; ``python -m bench stats`` makes the table of docs/statistics.md.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, chdir, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import pyspiel

from gamegrid.agents.agent import Agent, Decision, Turn
from gamegrid.agents.noisy_optimal import NoisyOptimalAgent
from gamegrid.analysis.references import write
from gamegrid.jobs.workflow import rows
from gamegrid.luck import Place
from gamegrid.plan import plan
from gamegrid.plan.deals import Tape
from gamegrid.play.chunk import Job, play_chunk
from gamegrid.play.episode import Episode, Setup
from gamegrid.store import control_verdict
from gamegrid.store.database import Sources, build

BOTS = {
    "random": {"type": "random"},
    "optimal": {"type": "optimal"},
    "half": {"type": "noisy_optimal", "epsilon": 0.5},
}


@dataclass(frozen=True)
class Fault:
    """A fault that is in force while its context lasts."""

    name: str
    plant: Callable[[], AbstractContextManager[object]]
    games: tuple[str, ...]
    deals: int | None
    """The deals at which it must be found in four of five grids; None if it is no fault, or too
    small to be found."""


def swapped_seats(share: float) -> AbstractContextManager[object]:
    """Let the agents play in each other's seats in this share of the episodes.

    The records name the seats that the plan gives them, so every deal stays complete.
    """
    honest = Episode.__init__

    def seated(episode: Episode, setup: Setup, agents: dict[str, Agent]) -> None:
        honest(episode, setup, agents)
        if Random(f"swap|{setup.seed}|{setup.episode_id}").random() < share:
            episode._players.reverse()

    return patch.object(Episode, "__init__", seated)


@contextmanager
def peeking(share: float) -> Iterator[None]:
    """Let ``noisy_optimal`` see the hidden cards in this share of its moves.

    There it plays the best reply to random play that knows all cards.
    """
    honest = NoisyOptimalAgent.decide

    async def decide(agent: NoisyOptimalAgent, turn: Turn) -> Decision:
        if turn.draw("peek").random() >= share:
            return await honest(agent, turn)
        return Decision(action=_best(turn.game.load_string, turn.sample_state().serialize()))

    def true_state(episode: Episode, place: Place) -> pyspiel.State:
        return episode._state.clone()

    with (
        patch.object(NoisyOptimalAgent, "decide", decide),
        patch.object(Episode, "_sample", true_state),
    ):
        yield


@cache
def _best(load_string: str, serialized: str) -> int:
    """Return the best action if all cards are known and everybody else moves at random."""
    game = pyspiel.load_game(load_string)
    state = game.deserialize_state(serialized)
    seat = state.current_player()
    return int(max(state.legal_actions(), key=lambda a: _value(state.child(a), seat)))


def _value(state: pyspiel.State, seat: int) -> float:
    if state.is_terminal():
        return float(state.player_return(seat))
    if state.is_chance_node():
        return sum(p * _value(state.child(a), seat) for a, p in state.chance_outcomes())
    values = [_value(state.child(action), seat) for action in state.legal_actions()]
    return max(values) if state.current_player() == seat else sum(values) / len(values)


def biased_card(factor: float) -> AbstractContextManager[object]:
    """Deal the highest card ``factor`` times as often as the rules do, at every chance event."""

    def resolve(tape: Tape, state: pyspiel.State, mover: int | None) -> int:
        number = tape.counts["event"]
        tape.counts["event"] += 1
        luck = Random(f"bias|{tape.seed}|{tape.game.luck_name}|{tape.deal}|{number}")
        outcomes = state.chance_outcomes()
        most = max(action for action, _ in outcomes)
        wanted = factor * dict(outcomes)[most]
        rest = (1 - wanted) / (1 - dict(outcomes)[most]) if len(outcomes) > 1 else 1.0
        weights = [wanted if action == most else p * rest for action, p in outcomes]
        return int(luck.choices([action for action, _ in outcomes], weights)[0])

    return patch.object(Tape, "resolve", resolve)


POKER, BOARD = ("kuhn_poker",), ("kuhn_poker", "tic_tac_toe")
FAULTS = (
    Fault("none", nullcontext, BOARD, None),
    Fault("5 % of seats swapped", partial(swapped_seats, 0.05), BOARD, 100),
    Fault("5 % of seats swapped", partial(swapped_seats, 0.05), POKER, None),
    Fault("hidden card seen in a third of moves", partial(peeking, 1 / 3), POKER, 1000),
    Fault("hidden card seen in a third of moves", partial(peeking, 1 / 3), ("leduc_poker",), 1000),
    Fault("one card 20 % too often", partial(biased_card, 1.2), POKER, 20),
    Fault("one card 20 % too often", partial(biased_card, 1.2), ("leduc_poker",), 20),
)


def failed(fault: Fault, deals: int, seed: int) -> list[str]:
    """Play a grid of bots with the fault; return a sentence for each check that failed."""
    raw = {"seed": seed, "games": list(fault.games), "agents": BOTS, "deals": deals}
    with tempfile.TemporaryDirectory() as name, chdir(name), fault.plant():
        return list(control_verdict.read(_played(raw, Path(name))).red)


def _played(raw: dict[str, Any], folder: Path) -> Path:
    """Play a grid as its jobs would, and build its database."""
    made, files = plan.make(raw, folder), []
    for chunk in made.chunks:
        game, matchup, block = chunk.path.split("/")
        files.append(folder / f"results/chunks/{chunk.path}.parquet")
        play_chunk(
            Job(
                config=raw, game=game, matchup=matchup, block=block, threads=1,
                results=folder / "results", output=files[-1],
            )
        )  # fmt: skip
    write(made, folder / "references.json")
    path = folder / "gamegrid.duckdb"
    build(path, rows(made), Sources(chunks=files, references=folder / "references.json"))
    return path

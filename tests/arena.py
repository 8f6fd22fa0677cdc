"""Set up and play episodes through gamegrid's episode loop, and enumerate a game's histories."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice, product
from pathlib import Path
from random import Random
from typing import Any

import pyspiel

from gamegrid import games
from gamegrid.agents.agent import Agent, Ask, Decision, Tools, Turn, kinds
from gamegrid.games import registry
from gamegrid.games.game import Game, Joint, Tag, apply
from gamegrid.luck import Place
from gamegrid.play.episode import Episode, Setup
from gamegrid.records.record_types import EpisodeRecord

PROMPTS = Path(__file__).resolve().parents[1] / "config/prompts"
PERFECT = (
    "tic_tac_toe",
    "connect_four",
    "connect_four_4x4",
    "misere_tic_tac_toe",
    "hex(board_size=3)",
    "hex_5",
    "nim",
    "nim(is_misere=false,pile_sizes=3;4;5)",
    "breakthrough(columns=3,rows=4)",
    "breakthrough_5x4",
    "breakthrough_6x6",
    "dots_and_boxes",
    "clobber",
    "clobber(columns=3,rows=3)",
    "othello",
    "go",
    "go(board_size=5,komi=3.0)",
    "chess",
    "pig_20",
)
POKER = ("kuhn_poker", "kuhn_poker_3p", "leduc_poker", "leduc_poker(suit_isomorphism=true)")
HIDDEN = (
    *POKER,
    "liars_dice(dice_sides=3)",
    "goofspiel_4",
    "goofspiel(imp_info=true,num_cards=3,players=3,points_order=descending)",
    "first_sealed_auction(max_value=4)",
    "first_sealed_auction(max_value=3,players=3)",
)
PHANTOM = ("phantom_ttt", "phantom_ttt(obstype=reveal-numturns)", "dark_hex")
"""Games of hidden marks. They have too many histories to enumerate, and histories differ by seat.
"""
MATRIX = (
    "matrix_mp",
    "matching_pennies_3p",
    "matrix_pd",
    "prisoners_dilemma",
    "matrix_sh",
    "matrix_cd",
)
REPEATED = (
    "repeated_game(num_repetitions=3,stage_game=matrix_pd())",
    "repeated_game(num_repetitions=2,stage_game=matching_pennies_3p())",
    "repeated_prisoners_dilemma",
    "repeated_stag_hunt",
    "repeated_chicken",
    "repeated_rps",
)
SUITE = (
    *PERFECT,
    *HIDDEN,
    *PHANTOM,
    "matrix_rps",
    *MATRIX,
    *REPEATED,
    "goofspiel(num_cards=3)",
    "blackjack",
    "bargaining_5",
)
LARGE = (
    "bargaining_5",
    "blackjack",
    "repeated_prisoners_dilemma",
    "repeated_stag_hunt",
    "repeated_chicken",
    "repeated_rps",
)
"""Games with too many histories to enumerate."""
CUTS = {"chess": 12}
"""Plies after which tests stop a game whose full length takes too long, by short name."""


def suite(fits: Callable[[Game], bool]) -> list[str]:
    """Return the names of all games of the suite that satisfy ``fits``, each once."""
    loaded = {games.load(alias).name: games.load(alias) for alias in registry.aliases()}
    return [name for name, game in sorted(loaded.items()) if fits(game)]


def bot(kind: str, **settings: Any) -> Agent:
    """Build an agent that needs no model, as a job does."""

    def no_model(model: str) -> Ask:
        raise AssertionError(f"a bot asked for {model}")

    declared = kinds()[kind]
    tools = Tools(ask=no_model, prompts=(PROMPTS,))
    return declared.build(kind, declared.settings(type=kind, **settings), tools)


class Chooser:
    """A fake agent and player that decides by a given function."""

    def __init__(self, choose: Callable[[Turn], Decision]):
        self.choose = choose

    def sit(self, place: Place) -> "Chooser":
        return self

    async def decide(self, turn: Turn) -> Decision:
        return self.choose(turn)


def setup(game: Game, seats: Sequence[str], **changes: Any) -> Setup:
    """Return one episode to play; ``opening`` may be any history, chance events included."""
    usual: dict[str, Any] = {
        "run_id": "run",
        "seed": 1,
        "matchup": "--".join(sorted(seats)),
        "deal": 0,
        "seating": 0,
        "opening": (),
        "max_plies": CUTS.get(game.family, game.max_plies),
    }
    return Setup(game=game, seats=tuple(seats), **(usual | changes))


def play(setups: Iterable[Setup], agents: dict[str, Agent]) -> list[EpisodeRecord]:
    """Play episodes one after another."""

    async def each() -> list[EpisodeRecord]:
        return [await Episode(one, agents).play() for one in setups]

    return asyncio.run(each())


def play_one(one: Setup, agents: dict[str, Agent]) -> EpisodeRecord:
    """Play one episode."""
    return play([one], agents)[0]


Point = tuple[list[Joint], pyspiel.State]
"""A history and the state it leads to; at least one seat is to move there."""


def every_history(game: Game) -> Iterator[Point]:
    """Yield all histories of a small game, complete ones included."""
    waiting: list[Point] = [([], game.spiel.new_initial_state())]
    while waiting:
        history, state = waiting.pop()
        yield history, state
        if not state.is_terminal():
            waiting += following(history, state)


def every_decision(game: Game) -> Iterator[Point]:
    """Yield all histories of a small game in which somebody moves."""
    return (point for point in every_history(game) if decides(point[1]))


def every_end(game: Game) -> Iterator[Point]:
    """Yield all complete histories of a small game."""
    return (point for point in every_history(game) if point[1].is_terminal())


def decides(state: pyspiel.State) -> bool:
    """Return whether a player, not chance, moves in a state."""
    return not (state.is_terminal() or state.is_chance_node())


def following(history: list[Joint], state: pyspiel.State) -> Iterator[Point]:
    """Yield each history that is one step longer."""
    steps: list[Joint] = list(state.legal_actions())
    if state.is_simultaneous_node():
        legal = [state.legal_actions(seat) for seat in range(state.num_players())]
        steps = [list(joint) for joint in product(*legal)]
    for step in steps:
        after = state.clone()
        apply(after, step)
        yield [*history, step], after


def random_decisions(
    game: Game, playouts: int, seed: int = 7, whole: bool = False
) -> Iterator[Point]:
    """Yield the decisions of random playouts; ``whole`` ones are never cut short."""
    luck, cut = Random(seed), None if whole else CUTS.get(game.family)
    for _ in range(playouts):
        history: list[Joint] = []
        state = game.spiel.new_initial_state()
        while not state.is_terminal() and len(history) != cut:
            if decides(state):
                yield list(history), state.clone()
            step: Joint
            if state.is_simultaneous_node():
                step = [luck.choice(state.legal_actions(s)) for s in range(game.players)]
            else:
                step = luck.choice(state.legal_actions())
            apply(state, step)
            history.append(step)


def decisions(game: Game) -> Iterator[Point]:
    """Yield all decisions of small games, or those of random playouts of large ones."""
    if game.perfect_information or Tag.BOARD in game.tags or game.name in LARGE:
        return random_decisions(game, max(4, 600 // game.max_plies))
    return every_decision(game)


def some_decisions(game: Game, most: int) -> list[Point]:
    """Return all decisions of a game; if there are too many, ``most`` from random playouts."""
    histories = list(islice(every_history(game), 10 * most + 1))
    found = [point for point in histories if decides(point[1])]
    if len(histories) <= 10 * most and len(found) <= most:
        return found
    met = list(islice(random_decisions(game, most, whole=True), 4 * most))
    return Random(9).sample(met, min(most, len(met)))


def position(game: Game, state: pyspiel.State) -> str:
    """Return a key for a perfect-information position: the seat to move plus OpenSpiel's text.

    For pig it adds the number of choices, which end the game but are not in OpenSpiel's text.
    """
    choices = [step for step in state.full_history() if step.player >= 0]
    counted = f"{len(choices)} choices" if game.family == "pig" else ""
    return f"{state.current_player()} {state} {counted}"


def movers(state: pyspiel.State) -> list[int]:
    """Return the seats that move in a state."""
    if state.is_simultaneous_node():
        return list(range(state.num_players()))
    return [state.current_player()]


def pig(players: int) -> Game:
    """Return a short game of pig."""
    return games.load(f"pig(horizon=60,players={players},winscore=30)")

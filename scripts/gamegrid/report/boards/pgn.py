"""Write games of chess in Portable Game Notation, which chess programs and websites read."""

import textwrap
from collections.abc import Sequence

import pyspiel

from gamegrid.games.chess import SEATS, Chess
from gamegrid.games.game import Joint, apply

WIDTH = 79
"""The most characters in a line of moves, by the standard's export format."""
BLACK, WHITE = range(len(SEATS))


def record(game: Chess, trajectory: Sequence[Joint], names: Sequence[str]) -> str:
    """Return a game, from the starting position on, with the seven tags of the standard.

    ``names`` are the players' in the order of seats. An unfinished game has the result "*". Raises
    pyspiel.SpielError on an illegal move.
    """
    state, moves = game.spiel.new_initial_state(), list[str]()
    for number, step in enumerate(trajectory):
        if number % 2 == 0:
            moves.append(f"{number // 2 + 1}.")
        moves.append(state.action_to_string(state.current_player(), step))
        apply(state, step)
    result = _result(state)
    tags = {
        "Event": "gamegrid",
        "Site": "?",
        "Date": "????.??.??",
        "Round": "?",
        "White": names[WHITE],
        "Black": names[BLACK],
        "Result": result,
    }
    head = "\n".join(f'[{tag} "{_quoted(value)}"]' for tag, value in tags.items())
    body = textwrap.fill(" ".join([*moves, result]), WIDTH, break_on_hyphens=False)
    return f"{head}\n\n{body}\n"


def position(state: pyspiel.State) -> str:
    """Return a position in Forsyth-Edwards notation."""
    return str(state.observation_string(0))


def _result(state: pyspiel.State) -> str:
    if not state.is_terminal():
        return "*"
    return {1: "1-0", 0: "1/2-1/2", -1: "0-1"}[round(state.returns()[WHITE])]


def _quoted(text: str) -> str:
    """Return the inside of a PGN string, which must be printable and on one line."""
    printable = "".join(char if char.isprintable() else "?" for char in text)
    return printable.replace("\\", "\\\\").replace('"', '\\"')

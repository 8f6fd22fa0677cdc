"""Write docs/games.md from the game modules."""

from collections.abc import Iterable
from random import Random

import pyspiel

from gamegrid import games
from gamegrid.games.game import Game, Joint, Oracle, apply
from gamegrid.games.registry import aliases
from gamegrid.oracles.exact import solver
from gamegrid.paths import WORKFLOW
from gamegrid.prompts import templates
from gamegrid.prompts.templates import TurnContext

PATH = WORKFLOW / "docs/games.md"
SAMPLE_PLIES = 3
"""Random plies before the sample turn, chance apart."""

HEAD = """# Games

Written by `gamegrid write-pages`; a test holds this page equal to the code.

A grid names games by these aliases or by OpenSpiel load strings. `scoring` says what counts: the \
score (win_loss), the mean return (margin), the own and joint return (payoff), the return of one \
player (solo); they are never averaged together. `oracle` says how well best play is known: the \
value of every position (exact), a Nash equilibrium (equilibrium), or not at all (none). Openings \
are random plies that begin a deal where there is no chance.
"""


def page() -> str:
    """The whole page."""
    found = {game.load_string: game for game in map(games.load, sorted(aliases()))}
    ordered = sorted(found.values(), key=lambda game: (game.family, game.load_string))
    return "\n".join([HEAD, _overview(ordered), *map(_section, ordered)])


def names(game: Game) -> list[str]:
    """The aliases of a game, its own name first."""
    return sorted(
        (alias for alias in aliases() if games.load(alias).load_string == game.load_string),
        key=lambda alias: (alias != game.name, alias),
    )


def _overview(found: Iterable[Game]) -> str:
    rows = [
        f"| [{game.name}](#{game.name}) | {game.players} | {game.scoring} | {_hidden(game)} "
        f"| {'yes' if game.chance else 'no'} | {game.oracle} | {', '.join(game.tags)} |"
        for game in found
    ]
    head = [
        "| game | seats | scoring | hidden | chance | oracle | tags |",
        "|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*head, *rows, ""])


def _hidden(game: Game) -> str:
    return "yes" if game.hidden_information else "no" if game.sequential else "at once"


def _section(game: Game) -> str:
    known = _known(game)
    facts = [
        f"- names: {', '.join(f'`{name}`' for name in names(game))}; load string "
        f"`{game.load_string}`",
        f"- family {game.family}; seats: {_seats(game)}",
        f"- openings of {game.opening_plies} plies; cut off after {game.max_plies} decisions",
        *([f"- {known}"] if known else []),
    ]
    return "\n".join(
        [f"## {game.name}", "", game.title + ".", "", *facts, "", game.rules(), "", _sample(game)]
    )


def _seats(game: Game) -> str:
    return ", ".join(game.seat_name(seat) for seat in range(game.players))


def _known(game: Game) -> str | None:
    """The value of the game, as the oracle computes it."""
    match game.oracle:
        case Oracle.EXACT:
            value = solver(game.load_string).value(game.spiel.new_initial_state())
            return f"value under best play, for {game.seat_name(0)}: {round(value, 6) + 0.0:+g}"
        case Oracle.EQUILIBRIUM:
            from gamegrid.oracles.equilibrium import solved

            value = solved(game.load_string).value
            return f"value in equilibrium, for {game.seat_name(0)}: {round(value, 6) + 0.0:+g}"
        case Oracle.NONE:
            return None


def _sample(game: Game) -> str:
    """A turn as a model is told it, a few random plies into the game."""
    history, state = _some_turn(game, SAMPLE_PLIES)
    seat = max(state.current_player(), 0)
    seen = TurnContext(
        game=game,
        seat=seat,
        observation=game.observation(state, seat),
        history=tuple(game.history(history, seat)),
        labels=tuple(game.label(state, seat, action) for action in state.legal_actions(seat)),
    )
    text = templates.load("default").state(seen)
    return f"A turn of {game.seat_name(seat)}:\n\n```\n{text}\n```\n"


def _some_turn(game: Game, plies: int) -> tuple[list[Joint], pyspiel.State]:
    """The turn of a random episode after at most ``plies`` decisions."""
    luck, state = Random(game.load_string), game.spiel.new_initial_state()
    history, made = list[Joint](), 0
    turn = (list[Joint](), state)
    while not state.is_terminal() and made <= plies:
        if not state.is_chance_node():
            turn, made = ([*history], state.clone()), made + 1
        history.append(_step(game, state, luck))
        apply(state, history[-1])
    return turn


def _step(game: Game, state: pyspiel.State, luck: Random) -> Joint:
    if state.is_simultaneous_node():
        return [luck.choice(state.legal_actions(seat)) for seat in range(game.players)]
    return int(luck.choice(state.legal_actions()))

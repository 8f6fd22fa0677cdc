"""Any OpenSpiel game that has no module here, described in OpenSpiel's own words.

A seat reads what OpenSpiel says it sees (``observation_string``) and knows
(``information_state_string``), never ``str(state)``. The rules contain only what can be derived
from the game object. Results mark such games as generic.
"""

import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from math import prod
from random import Random
from typing import Any

import pyspiel

from gamegrid.games.game import Game, Joint, Scoring, apply
from gamegrid.games.labels import normalise
from gamegrid.games.matrix import MatrixGame

LONGEST = 500
"""Default cut-off, in decisions, for games that may last longer."""
PROBE = 12
"""Number of decisions in the random playout that tests whether a game is playable."""
LARGEST_TABLE = 64
"""Largest number of outcomes that the rules of a one-shot game list in full."""
OPENING = 2
"""Random moves of each seat in the opening of a deterministic perfect-information game."""
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
"""Terminal colour codes, which some boards contain."""

Type = pyspiel.GameType


class Generic(Game):
    """A game in OpenSpiel's words. Players count from 0, as they do in those words."""

    generic = True

    def __init__(self, name: str, load_string: str, spiel: pyspiel.Game):
        super().__init__(name, load_string, spiel)
        self._kind = spiel.get_type()
        self.short_name = self._kind.short_name

    @property
    def title(self) -> str:
        return str(self._kind.long_name)

    @property
    def family(self) -> str:
        return _family(self._kind.short_name, self.spiel.get_parameters())

    @property
    def scoring(self) -> Scoring:
        return scoring(self.spiel)

    @property
    def opening_plies(self) -> int:
        plies = OPENING * self.players
        open_book = self.perfect_information and not self.chance and self.players > 1
        return plies if open_book and self.spiel.max_game_length() > 4 * plies else 0

    @property
    def max_plies(self) -> int:
        return min(int(self.spiel.max_game_length()), LONGEST)

    def unsupported_reason(self) -> str | None:
        return unfit(self)

    def rules(self) -> str:
        parts = [
            f"{self.title}{_variant(self.spiel.get_parameters())}. It is played by the rules that "
            f"are commonly known of this game; positions and moves are written in the notation of "
            f"OpenSpiel, the program that runs it.",
            self._who(),
            _result(self.spiel, self.scoring),
        ]
        if self.spiel.max_game_length() > LONGEST:
            drawn = " as a draw" if self.scoring is Scoring.WIN_LOSS else ""
            parts.append(f"The game is cut off{drawn} after {LONGEST} decisions.")
        return " ".join(parts)

    def seat_name(self, seat: int) -> str:
        return f"Player {seat}"

    def observation(self, state: pyspiel.State, seat: int) -> str:
        return "\n".join([f"You are {self.seat_name(seat)}.", *self._told(state, seat)])

    def labels(self, state: pyspiel.State, seat: int) -> tuple[str, ...]:
        words = [str(state.action_to_string(seat, a)).strip() for a in state.legal_actions(seat)]
        forms = [_form(word) for word in words]
        often = Counter(forms)
        met: Counter[str] = Counter()
        unique = []
        for word, form in zip(words, forms, strict=True):
            met[form] += 1
            word = f"move {word}" if form.isnumeric() else word
            unique.append(f"{word} ({met[form]})" if often[form] > 1 else word)
        return tuple(unique)

    def label(self, state: pyspiel.State, seat: int, action: int) -> str:
        return self.labels(state, seat)[list(state.legal_actions(seat)).index(action)]

    def describe(self, state: pyspiel.State, seat: int, action: int, observer: int) -> str | None:
        """Describe only the observer's own moves unless everyone sees everything.

        OpenSpiel does not say which moves others can see.
        """
        if seat != observer and self.hidden_information:
            return None
        return super().describe(state, seat, action, observer)

    def describe_chance(self, state: pyspiel.State, action: int, observer: int) -> str | None:
        if self.hidden_information:
            return None
        return f"Chance: {state.action_to_string(pyspiel.PlayerId.CHANCE, action)}"

    def _who(self) -> str:
        if self.players == 1:
            return "There is one player, Player 0." + self._luck()
        turns = "move one at a time" if self.sequential else "move at the same time"
        return (
            f"{self.players} players, Player 0 to Player {self.players - 1}, {turns}."
            + self._luck()
        )

    def _luck(self) -> str:
        luck = " Chance has a part in it." if self.chance else ""
        hidden = " A player does not see everything." if self.hidden_information else ""
        return luck + hidden

    def _told(self, state: pyspiel.State, seat: int) -> list[str]:
        """Return the lines a seat reads: what it sees and, if anything is hidden, knows."""
        kind = self._kind
        if kind.information == Type.Information.ONE_SHOT:
            return ["Everybody chooses once, at the same time."]
        sees = kind.provides_observation_string
        knows = kind.provides_information_state_string and (self.hidden_information or not sees)
        known = _plain(state.information_state_string(seat)) if knows else ""
        seen = _plain(state.observation_string(seat)) if sees else ""
        if known and set(seen.splitlines()) <= set(known.splitlines()):
            seen = ""
        lines = ["What you see:", seen] if seen else []
        return [*lines, "What you know:", known] if known else lines


class GenericTable(Generic, MatrixGame):
    """A one-shot game small enough to list every outcome, so its rules are complete."""

    @property
    def stage_title(self) -> str:
        return self.title

    def rules(self) -> str:
        return MatrixGame.rules(self)

    def observation(self, state: pyspiel.State, seat: int) -> str:
        return MatrixGame.observation(self, state, seat)


def kind_of(spiel: pyspiel.Game) -> type[Generic]:
    """Return the class that describes a game: ``GenericTable`` if its table is small."""
    one_shot = spiel.get_type().information == Type.Information.ONE_SHOT
    if not one_shot or spiel.num_players() not in (2, 3):
        return Generic
    state = spiel.new_initial_state()
    choices = [state.legal_actions(seat) for seat in range(spiel.num_players())]
    same = all(own == choices[0] for own in choices)
    return GenericTable if same and prod(map(len, choices)) <= LARGEST_TABLE else Generic


def scoring(spiel: pyspiel.Game) -> Scoring:
    """Choose the scoring by utility type: margin or payoff if more than a win is at stake."""
    if spiel.num_players() == 1:
        return Scoring.SOLO
    if spiel.get_type().utility != Type.Utility.ZERO_SUM:
        return Scoring.PAYOFF
    only_won = (spiel.min_utility(), spiel.max_utility()) == (-1, 1)
    return Scoring.WIN_LOSS if spiel.num_players() == 2 and only_won else Scoring.MARGIN


def unfit(game: Generic) -> str | None:
    """Return one sentence if a game cannot be put into words or replayed from a file, else None."""
    kind = game.spiel.get_type()
    if kind.dynamics == Type.Dynamics.MEAN_FIELD:
        return "it is a mean-field game: its single player stands for a whole population."
    if kind.chance_mode == Type.ChanceMode.SAMPLED_STOCHASTIC:
        return "OpenSpiel draws its chance events internally, so its episodes cannot be replayed."
    seen = kind.provides_observation_string or kind.provides_information_state_string
    if not seen and kind.information != Type.Information.ONE_SHOT:
        return "OpenSpiel cannot describe what its players see."
    try:
        return _probe(game)
    except pyspiel.SpielError as error:
        text = str(error).splitlines() or ["no reason given"]
        return f"it cannot be played in words: {text[0].rstrip('.')}."


def _probe(game: Generic) -> str | None:
    """Test a game's texts and replay on the first moves of a random playout."""
    luck = Random(game.load_string)
    state, played = game.spiel.new_initial_state(), list[Joint]()
    decisions = 0
    while not state.is_terminal() and decisions < PROBE:
        if state.is_chance_node():
            played.append(luck.choice([action for action, _ in state.chance_outcomes()]))
            apply(state, played[-1])
            continue
        joint = state.is_simultaneous_node()
        seats = range(game.players) if joint else [state.current_player()]
        for seat in seats:
            shown = game.labels(state, seat)
            if not shown:
                return "in some position a player has no move."
            if not all(label.isprintable() and _form(label) for label in shown):
                return "its moves have no names that fit on a line."
            game.observation(state, seat)
        moves = [luck.choice(state.legal_actions(seat)) for seat in seats]
        played.append(moves if joint else moves[0])
        apply(state, played[-1])
        decisions += 1
    again = game.replay(played)
    seats = range(game.players)
    if any(game.observation(again, seat) != game.observation(state, seat) for seat in seats):
        return "its episodes cannot be replayed."
    return None


@lru_cache(maxsize=100_000)
def _form(word: str) -> str:
    """Return the normalised word. Cached, because boards repeat the same moves at every ply."""
    return normalise(word)


def _plain(text: str) -> str:
    """Return the text without colour codes and without blank lines around it."""
    return COLOUR.sub("", text).strip("\n").rstrip()


def _family(short_name: str, parameters: Mapping[str, Any]) -> str:
    """Return the game's name; of a game that wraps another one, the wrapped game's name."""
    inner = parameters.get("game")
    return _family(inner["name"], inner) if isinstance(inner, dict) else short_name


def _variant(parameters: Mapping[str, Any]) -> str:
    """Return the informative parameters in brackets; empty if there are none."""
    parts = [
        f"{name} = {str(value).lower() if isinstance(value, bool) else value}"
        for name, value in sorted(parameters.items())
        if not isinstance(value, dict) and value != ""
    ]
    return f" ({', '.join(parts)})" if parts else ""


def _result(spiel: pyspiel.Game, counted: Scoring) -> str:
    low, high = spiel.min_utility(), spiel.max_utility()
    span = f"between {low:g} and {high:g}"
    match counted:
        case Scoring.SOLO:
            return f"The player's result is {span} points; more is better."
        case Scoring.WIN_LOSS:
            return "The winner's result is 1, the loser's -1; if there is a draw, it is 0 for both."
        case Scoring.MARGIN:
            return f"A player's result is {span} points; what one wins, others lose."
        case Scoring.PAYOFF:
            shared = spiel.get_type().utility == Type.Utility.IDENTICAL
            all_alike = " All players get the same result." if shared else ""
            return f"A player's result is {span} points; more is better.{all_alike}"

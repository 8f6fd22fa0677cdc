"""The ``Game`` base class: OpenSpiel's rules, and the words a player needs to play by them.

Players never see OpenSpiel's own texts: ``str(state)`` reveals hidden cards, and many observation
strings are bare numbers. Each game writes all its texts itself, one version per seat.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, TypeAlias

import pyspiel

Joint: TypeAlias = int | list[int]
"""One step of a trajectory: a single action, or one action per seat for a simultaneous move."""


class Scoring(StrEnum):
    """How a game's result is scored. It decides which tables the game may enter."""

    WIN_LOSS = "win_loss"
    """Score 1, 1/2 or 0, from comparing the returns."""
    MARGIN = "margin"
    """A zero-sum game of amounts: the mean return decides, wins are not counted."""
    PAYOFF = "payoff"
    """A general-sum game: own and joint returns are reported, never a rating."""
    SOLO = "solo"
    """A single player's return."""


class Oracle(StrEnum):
    """Which kind of best play can be computed, cheaply enough to query at every decision."""

    NONE = "none"
    EXACT = "exact"
    """Exhaustive search gives the value of every position."""
    EQUILIBRIUM = "equilibrium"
    """Linear programming gives a Nash equilibrium of a two-player zero-sum game."""


@dataclass(frozen=True, slots=True)
class Dilemma:
    """Action numbers of a symmetric social dilemma; the same for both seats in every round."""

    cooperate: int
    defect: int


class Tag(StrEnum):
    """Labels that help users choose games. ``Game.tags`` holds nothing else."""

    # Facts, derived from the game
    PERFECT_INFORMATION = "perfect_information"
    """Every seat sees everything, and seats move one at a time."""
    HIDDEN_INFORMATION = "hidden_information"
    """A seat may hold information hidden from another."""
    SIMULTANEOUS = "simultaneous"
    """Seats choose at the same time."""
    CHANCE = "chance"
    """The game has chance events."""
    MULTIPLAYER = "multiplayer"
    """More than two seats."""
    SOLO = "solo"
    """One seat."""
    PAYOFF = "payoff"
    """General-sum: one seat's gain need not be another's loss."""
    DILEMMA = "dilemma"
    """One action cooperates and the other defects."""
    ONE_SHOT = "one_shot"
    """Over after one simultaneous decision by every seat."""
    SOLVED = "solved"
    """Best play is known at every decision, by search or as an equilibrium."""
    SHORT = "short"
    """Over after at most 20 decisions."""

    # Themes, declared by each game's module
    BOARD = "board"
    """Pieces or marks on a board."""
    CONNECTION = "connection"
    """Lines or chains decide the game."""
    CAPTURE = "capture"
    """Players take or turn over each other's pieces."""
    TERRITORY = "territory"
    """The larger share of the board wins."""
    RACE = "race"
    """The first to reach a goal wins."""
    ARITHMETIC = "arithmetic"
    """Numbers decide; counting is half the game."""
    CARDS = "cards"
    """Played with cards."""
    DICE = "dice"
    """Played with dice."""
    BETTING = "betting"
    """Stakes and bids, which also hint at hidden information."""
    PAYOFF_TABLE = "payoff_table"
    """One choice per player, paid according to a table."""
    REPEATED = "repeated"
    """The same players meet in several rounds, and each round pays."""
    NEGOTIATION = "negotiation"
    """Offers and agreement."""
    DISGUISE = "disguise"
    """Another game of the suite under a different story."""
    GENERATED = "generated"
    """Generated from a seed."""


SHORT_PLIES = 20


class Game(ABC):
    """One game with fixed parameters. Stateless: every method is a function of a state.

    Seats count from 0 in the order of OpenSpiel's players. Texts refer to seats by ``seat_name``
    only, and reveal only what the observing seat may know.
    """

    short_name: str
    """OpenSpiel's short name, or our own name for a game that OpenSpiel does not have. It is also
    an alias for the game with default parameters."""
    aliases: ClassVar[Mapping[str, str]] = {}
    """Additional aliases, each mapped to a load string of this game."""
    parameters: ClassVar[frozenset[str]] = frozenset()
    """The parameters that this module's texts support. With any other, ``Generic`` plays the game.
    """
    defaults: ClassVar[Mapping[str, Any] | None] = None
    """Only for games that OpenSpiel does not have: every parameter and its default, which also
    fixes the parameter's type. ``parameters`` is unused then. None for OpenSpiel's games."""
    dice: bool = False
    """True if chance follows moves, as dice do. Draws are then counted per mover, so that the same
    mover gets the same dice in every matchup."""
    themes: ClassVar[tuple[Tag, ...]] = ()
    """What the game is about. Variants inherit the themes of their base class."""
    generic: ClassVar[bool] = False
    """True if the texts come from OpenSpiel and the rules are not explained."""

    def __init__(self, name: str, load_string: str, spiel: pyspiel.Game):
        self.name = name
        """A name that is safe in paths: an alias, or the short name plus a hash of the load string.
        """
        self.load_string = load_string
        """The canonical load string: parameters sorted, defaults omitted."""
        self.spiel = spiel

    @classmethod
    def speaks(cls, parameters: Mapping[str, Any]) -> bool:
        """Return whether the module's texts support a variant with ``parameters``."""
        return set(parameters) <= cls.parameters

    @classmethod
    def open(cls, parameters: Mapping[str, Any]) -> pyspiel.Game:
        """Create the OpenSpiel game; games that OpenSpiel does not have override this.

        ``parameters`` holds the parameters the user wrote, or all of them if the class has
        ``defaults``. Raises pyspiel.SpielError, or ValueError with an explanation, for invalid
        values.
        """
        return pyspiel.load_game(cls.short_name, dict(parameters))

    # Properties

    @property
    @abstractmethod
    def title(self) -> str:
        """The name in prose, with the parameters that distinguish variants."""

    @property
    @abstractmethod
    def scoring(self) -> Scoring:
        """How a result is scored."""

    @property
    def family(self) -> str:
        """The name that all variants of a game share; a family has one weight in averages."""
        return self.short_name

    @property
    def disguise_of(self) -> str | None:
        """The load string of the game that this one disguises; None if it is no disguise."""
        return None

    @property
    def luck_name(self) -> str:
        """The game name that keys random draws. A disguise shares the luck of its plain game."""
        return self.disguise_of or self.load_string

    @property
    def players(self) -> int:
        """Number of seats."""
        return int(self.spiel.num_players())

    @property
    def sequential(self) -> bool:
        """True if seats move one at a time."""
        return bool(self.spiel.get_type().dynamics == pyspiel.GameType.Dynamics.SEQUENTIAL)

    @property
    def chance(self) -> bool:
        """True if the game has chance events."""
        return bool(self.spiel.get_type().chance_mode != pyspiel.GameType.ChanceMode.DETERMINISTIC)

    @property
    def perfect_information(self) -> bool:
        """True if every seat sees everything and seats move one at a time."""
        kind = self.spiel.get_type().information
        return self.sequential and bool(kind == pyspiel.GameType.Information.PERFECT_INFORMATION)

    @property
    def hidden_information(self) -> bool:
        """True if a seat may hold information hidden from another."""
        kind = self.spiel.get_type().information
        return bool(kind == pyspiel.GameType.Information.IMPERFECT_INFORMATION)

    @property
    def oracle(self) -> Oracle:
        """Which kind of best play can be computed for these parameters."""
        return Oracle.NONE

    @property
    def balanced_openings(self) -> bool:
        """True if openings that change the game's value are drawn again."""
        return self.oracle is Oracle.EXACT

    @property
    def dilemma(self) -> Dilemma | None:
        """Which action cooperates and which defects; None if the game is no social dilemma."""
        return None

    @property
    def tags(self) -> tuple[Tag, ...]:
        """Labels for choosing games: facts about these parameters, then the module's themes."""
        facts = {
            Tag.PERFECT_INFORMATION: self.perfect_information,
            Tag.HIDDEN_INFORMATION: self.hidden_information,
            Tag.SIMULTANEOUS: not self.sequential,
            Tag.CHANCE: self.chance,
            Tag.MULTIPLAYER: self.players > 2,
            Tag.SOLO: self.players == 1,
            Tag.PAYOFF: self.scoring is Scoring.PAYOFF,
            Tag.DILEMMA: self.dilemma is not None,
            Tag.ONE_SHOT: not self.sequential and self.max_plies == 1,
            Tag.SOLVED: self.oracle is not Oracle.NONE,
            Tag.SHORT: self.max_plies <= SHORT_PLIES,
        }
        return (*(tag for tag, holds in facts.items() if holds), *self.themes)

    @property
    def opening_plies(self) -> int:
        """Random plies at the start of a deal under ``opening_plies: auto``.

        0 where chance already makes deals differ.
        """
        return 0

    @property
    def max_plies(self) -> int:
        """Default number of decisions after which an episode is cut off and adjudicated."""
        return int(self.spiel.max_game_length())

    def unsupported_reason(self) -> str | None:
        """Return one sentence if the module's texts do not support these parameters, else None."""
        return None

    # What a player sees

    @abstractmethod
    def rules(self) -> str:
        """Return the rules in plain words, including payoffs, for someone new to the game."""

    def seat_name(self, seat: int) -> str:
        """Return the name that texts use for this seat."""
        return f"Player {seat + 1}"

    @abstractmethod
    def observation(self, state: pyspiel.State, seat: int) -> str:
        """Describe everything ``seat`` needs to decide; must suffice without the history."""

    @abstractmethod
    def label(self, state: pyspiel.State, seat: int, action: int) -> str:
        """Return the text for one legal action of ``seat``, unique among its legal actions."""

    def labels(self, state: pyspiel.State, seat: int) -> tuple[str, ...]:
        """Return the labels of all legal actions of ``seat``, in OpenSpiel's order."""
        return tuple(self.label(state, seat, action) for action in state.legal_actions(seat))

    def spellings(self, state: pyspiel.State, seat: int) -> Mapping[str, Sequence[str]]:
        """Return other ways to write the legal moves of ``seat``, by label; none by default.

        A reply that uses one of them names the move. Models never see them. No spelling of a move
        may equal the label or a spelling of another legal move, regardless of case, spaces and
        punctuation; one that does is not read.
        """
        return {}

    def describe(self, state: pyspiel.State, seat: int, action: int, observer: int) -> str | None:
        """Describe to ``observer`` that ``seat`` took ``action`` in ``state``.

        Returns None if the observer may not know of it.
        """
        who = "You" if seat == observer else self.seat_name(seat)
        return f"{who}: {self.label(state, seat, action)}"

    def describe_chance(self, state: pyspiel.State, action: int, observer: int) -> str | None:
        """Describe a chance event to ``observer``.

        Returns None if the observer may not know of it, or if the observation already shows it.
        """
        return None

    # Adjudication, replay and resampling

    def adjudicate(self, state: pyspiel.State) -> Sequence[float]:
        """Return a score in [0, 1] per seat for an episode cut off in ``state``; 1/2 by default."""
        return [0.5] * self.players

    def replay(self, trajectory: Sequence[Joint]) -> pyspiel.State:
        """Return the state after ``trajectory``.

        Raises pyspiel.SpielError on an illegal step.
        """
        state = self.spiel.new_initial_state()
        for step in trajectory:
            apply(state, step)
        return state

    def resample(self, state: pyspiel.State, seat: int, luck: Callable[[], float]) -> pyspiel.State:
        """Draw a state that ``seat`` cannot tell from ``state``.

        ``luck`` returns uniform numbers in [0, 1). Equal luck must give equal states whichever
        state of the information state is passed in; otherwise the draw would leak hidden
        information. Raises pyspiel.SpielError if OpenSpiel cannot resample this game.
        """
        return state.resample_from_infostate(seat, luck)

    def history(self, trajectory: Sequence[Joint], observer: int) -> list[str]:
        """Describe the public history as ``observer`` may know it, oldest event first."""
        lines: list[str | None] = []
        state = self.spiel.new_initial_state()
        for step in trajectory:
            if isinstance(step, list):
                lines += [self.describe(state, s, a, observer) for s, a in enumerate(step)]
            elif state.is_chance_node():
                lines.append(self.describe_chance(state, step, observer))
            else:
                lines.append(self.describe(state, state.current_player(), step, observer))
            apply(state, step)
        return [text for text in lines if text is not None]


def apply(state: pyspiel.State, step: Joint) -> None:
    """Apply one step to ``state`` in place.

    Raises pyspiel.SpielError on an illegal action, which OpenSpiel's unchecked call may accept.
    """
    if isinstance(step, list):
        state.apply_actions_with_legality_checks(step)
    else:
        state.apply_action_with_legality_check(step)


def legal_actions(state: pyspiel.State, seat: int) -> list[int]:
    """Return the legal actions of one seat, in sequential and simultaneous states alike."""
    return list(state.legal_actions(seat))

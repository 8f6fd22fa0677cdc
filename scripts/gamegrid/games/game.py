"""What a game is to gamegrid: OpenSpiel's rules, and the words a player needs to play by them.

OpenSpiel's own texts are never shown to a player: ``str(state)`` gives hidden cards away, and
many observation strings are bare numbers. Each game says everything itself, per seat.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, TypeAlias

import pyspiel

Joint: TypeAlias = int | list[int]
"""One step of a trajectory: an action, or one action per seat of a simultaneous move."""


class Scoring(StrEnum):
    """What counts in a game, and so which tables it may enter."""

    WIN_LOSS = "win_loss"
    """Score 1, 1/2 or 0 by comparing returns."""
    MARGIN = "margin"
    """Zero-sum amounts: the mean return decides, wins are not counted."""
    PAYOFF = "payoff"
    """General-sum: own and joint return, never a rating."""
    SOLO = "solo"
    """One player: the return."""


class Oracle(StrEnum):
    """How well best play is known, cheaply enough to be used at every decision."""

    NONE = "none"
    EXACT = "exact"
    """The value of every position, by exhaustive search."""
    EQUILIBRIUM = "equilibrium"
    """A Nash equilibrium of a two-player zero-sum game, by linear programming."""


@dataclass(frozen=True, slots=True)
class Dilemma:
    """The two actions of a symmetric social dilemma, alike for both seats in every round."""

    cooperate: int
    defect: int


class Tag(StrEnum):
    """What helps to choose games: the only words in ``Game.tags``."""

    # Facts, found by the game itself
    PERFECT_INFORMATION = "perfect_information"
    """All is seen by all, and seats move one at a time."""
    HIDDEN_INFORMATION = "hidden_information"
    """A seat may hold what another may not know."""
    SIMULTANEOUS = "simultaneous"
    """Seats choose at the same time."""
    CHANCE = "chance"
    """Chance events happen."""
    MULTIPLAYER = "multiplayer"
    """More than two seats."""
    SOLO = "solo"
    """One seat."""
    PAYOFF = "payoff"
    """General-sum: what one seat gets, another need not lose."""
    DILEMMA = "dilemma"
    """An action cooperates and the other defects."""
    ONE_SHOT = "one_shot"
    """Over after one decision of every seat, all at once."""
    SOLVED = "solved"
    """Best play is known at every decision, by search or as an equilibrium."""
    SHORT = "short"
    """Over after 20 decisions at most."""

    # Themes, declared by the module
    BOARD = "board"
    """Pieces or marks in places."""
    CONNECTION = "connection"
    """Lines and chains decide."""
    CAPTURE = "capture"
    """Pieces of the other are taken or turned."""
    TERRITORY = "territory"
    """The larger share of the board decides."""
    RACE = "race"
    """Who gets somewhere first."""
    ARITHMETIC = "arithmetic"
    """Numbers decide, and counting is half the game."""
    CARDS = "cards"
    """Played with cards."""
    DICE = "dice"
    """Played with dice."""
    BETTING = "betting"
    """Stakes and bids, and what they say of what is hidden."""
    PAYOFF_TABLE = "payoff_table"
    """One choice each, paid by a table."""
    REPEATED = "repeated"
    """The same players meet in several rounds, each of them paid."""
    NEGOTIATION = "negotiation"
    """Offers and agreement."""
    DISGUISE = "disguise"
    """Another game of the suite, told in another story."""
    GENERATED = "generated"
    """Drawn from a seed."""


SHORT_PLIES = 20


class Game(ABC):
    """One game with its parameters fixed. Stateless: every method is a function of a state.

    Seats count from 0 in the order of OpenSpiel's players. Texts name seats by ``seat_name``
    only, and show what the asking seat may know and nothing else.
    """

    short_name: str
    """OpenSpiel's short name or, of a game that it does not have, one of our own. It is also the
    alias of the default parameters."""
    aliases: ClassVar[Mapping[str, str]] = {}
    """Further names of the suite, each for one load string of this game."""
    parameters: ClassVar[frozenset[str]] = frozenset()
    """The parameters this module's words are true for; with others, the game is a generic one."""
    defaults: ClassVar[Mapping[str, Any] | None] = None
    """Of a game with a name of our own: its parameters (all of them, so ``parameters`` is left
    alone) and their defaults, which also fix their types. None where OpenSpiel says them."""
    dice: bool = False
    """True where chance follows a move: the same dice then reach the same mover."""
    themes: ClassVar[tuple[Tag, ...]] = ()
    """What the game is about; a base class's own where variants share it."""
    generic: ClassVar[bool] = False
    """True if the words are OpenSpiel's and the rules are not told."""

    def __init__(self, name: str, load_string: str, spiel: pyspiel.Game):
        self.name = name
        """Fit for a path: an alias, or the short name and a hash of the load string."""
        self.load_string = load_string
        """Canonical: parameters sorted, defaults left out."""
        self.spiel = spiel

    @classmethod
    def speaks(cls, parameters: Mapping[str, Any]) -> bool:
        """True if the module's words are meant for a variant with ``parameters``."""
        return set(parameters) <= cls.parameters

    @classmethod
    def open(cls, parameters: Mapping[str, Any]) -> pyspiel.Game:
        """Make OpenSpiel's game: by its own loader, unless a game with its own name overrides it.

        ``parameters`` are those written or, where there are ``defaults``, all of them. Raises
        pyspiel.SpielError, or ValueError with a sentence, for values it cannot take.
        """
        return pyspiel.load_game(cls.short_name, dict(parameters))

    # What it is

    @property
    @abstractmethod
    def title(self) -> str:
        """The name in prose, with what tells it from its variants."""

    @property
    @abstractmethod
    def scoring(self) -> Scoring:
        """What counts in it."""

    @property
    def family(self) -> str:
        """Variants of one game share one family, and one weight in averages over games."""
        return self.short_name

    @property
    def disguise_of(self) -> str | None:
        """The load string of the game that this one tells in other words; None of a plain one."""
        return None

    @property
    def luck_name(self) -> str:
        """What draws of luck are named by: a disguise has the luck of its plain game."""
        return self.disguise_of or self.load_string

    @property
    def players(self) -> int:
        """The number of seats."""
        return int(self.spiel.num_players())

    @property
    def sequential(self) -> bool:
        """True if seats move one at a time."""
        return bool(self.spiel.get_type().dynamics == pyspiel.GameType.Dynamics.SEQUENTIAL)

    @property
    def chance(self) -> bool:
        """True if chance events happen."""
        return bool(self.spiel.get_type().chance_mode != pyspiel.GameType.ChanceMode.DETERMINISTIC)

    @property
    def perfect_information(self) -> bool:
        """True if every seat sees everything and moves one at a time."""
        kind = self.spiel.get_type().information
        return self.sequential and bool(kind == pyspiel.GameType.Information.PERFECT_INFORMATION)

    @property
    def hidden_information(self) -> bool:
        """True if a seat may hold what another may not know."""
        kind = self.spiel.get_type().information
        return bool(kind == pyspiel.GameType.Information.IMPERFECT_INFORMATION)

    @property
    def oracle(self) -> Oracle:
        """How well best play is known for these parameters."""
        return Oracle.NONE

    @property
    def balanced_openings(self) -> bool:
        """True if openings that change the value of the game are resampled."""
        return self.oracle is Oracle.EXACT

    @property
    def dilemma(self) -> Dilemma | None:
        """Which action cooperates and which defects, where these words have a meaning."""
        return None

    @property
    def tags(self) -> tuple[Tag, ...]:
        """What helps to choose: facts about these parameters, then the module's themes."""
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
        """Random plies that open a deal under ``auto``; 0 where chance makes deals differ."""
        return 0

    @property
    def max_plies(self) -> int:
        """Decisions after which an episode is cut off and adjudicated, by default."""
        return int(self.spiel.max_game_length())

    def unsupported_reason(self) -> str | None:
        """One sentence if these parameters are beyond what the module has words for."""
        return None

    # What a player is told

    @abstractmethod
    def rules(self) -> str:
        """The rules in plain words, payoffs included, for someone who has never seen the game."""

    def seat_name(self, seat: int) -> str:
        """What texts call this seat."""
        return f"Player {seat + 1}"

    @abstractmethod
    def observation(self, state: pyspiel.State, seat: int) -> str:
        """All that ``seat`` needs to know to decide now, in words: enough without the history."""

    @abstractmethod
    def label(self, state: pyspiel.State, seat: int, action: int) -> str:
        """The word for one legal action of ``seat``; unique among its legal actions."""

    def labels(self, state: pyspiel.State, seat: int) -> tuple[str, ...]:
        """The words for all legal actions of ``seat``, in their order."""
        return tuple(self.label(state, seat, action) for action in state.legal_actions(seat))

    def describe(self, state: pyspiel.State, seat: int, action: int, observer: int) -> str | None:
        """Tell ``observer`` that ``seat`` took ``action`` in ``state``; None if it may not know."""
        who = "You" if seat == observer else self.seat_name(seat)
        return f"{who}: {self.label(state, seat, action)}"

    def describe_chance(self, state: pyspiel.State, action: int, observer: int) -> str | None:
        """Tell ``observer`` of a chance event; None if unknown to it or told by the observation."""
        return None

    # What happens beside the rules

    def adjudicate(self, state: pyspiel.State) -> Sequence[float]:
        """Scores in [0, 1], one per seat, of an episode cut off in ``state``: a draw by default."""
        return [0.5] * self.players

    def replay(self, trajectory: Sequence[Joint]) -> pyspiel.State:
        """Return the state after ``trajectory``. Raises pyspiel.SpielError on an illegal step."""
        state = self.spiel.new_initial_state()
        for step in trajectory:
            apply(state, step)
        return state

    def resample(self, state: pyspiel.State, seat: int, luck: Callable[[], float]) -> pyspiel.State:
        """A state of the seat's information state, drawn by ``luck``, uniform in [0, 1).

        Equal luck must give equal states, whichever state of the information state is at hand.
        Raises pyspiel.SpielError where OpenSpiel cannot draw one.
        """
        return state.resample_from_infostate(seat, luck)

    def history(self, trajectory: Sequence[Joint], observer: int) -> list[str]:
        """The public history in words, as ``observer`` may know it, oldest first."""
        told: list[str | None] = []
        state = self.spiel.new_initial_state()
        for step in trajectory:
            if isinstance(step, list):
                told += [self.describe(state, s, a, observer) for s, a in enumerate(step)]
            elif state.is_chance_node():
                told.append(self.describe_chance(state, step, observer))
            else:
                told.append(self.describe(state, state.current_player(), step, observer))
            apply(state, step)
        return [text for text in told if text is not None]


def apply(state: pyspiel.State, step: Joint) -> None:
    """Apply one step in place, refusing illegal actions (OpenSpiel's plain call may not).

    Raises pyspiel.SpielError on an illegal action.
    """
    if isinstance(step, list):
        state.apply_actions_with_legality_checks(step)
    else:
        state.apply_action_with_legality_check(step)


def legal_actions(state: pyspiel.State, seat: int) -> list[int]:
    """The legal actions of one seat, also where all seats move at once."""
    return list(state.legal_actions(seat))

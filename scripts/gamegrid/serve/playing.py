"""A person's games in the served page. Each runs in a thread of its own, since bots compute.

The page gets what a model would be sent, and no more until the game is over.
"""

import asyncio
import json
import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyspiel

from gamegrid.agents.agent import Decision, Turn
from gamegrid.agents.llm import LlmSettings
from gamegrid.backends.backend import shallow
from gamegrid.errors import UserError
from gamegrid.games.game import Game
from gamegrid.games.registry import quiet_stderr
from gamegrid.luck import Place
from gamegrid.plan.plan import Plan
from gamegrid.play import beside
from gamegrid.play.beside import Match, Quit
from gamegrid.prompts import templates
from gamegrid.prompts.templates import Template, TurnContext
from gamegrid.records.record_types import EpisodeRecord
from gamegrid.report import boards
from gamegrid.report.boards import Spot

_SILENCE = threading.Lock()
"""Two games may not silence OpenSpiel at once: the second would find its silence to go back to."""

log = logging.getLogger(__name__)

WAIT_S = 20.0
"""How long the page's question for news stays open, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTurn:
    """A turn as the page shows it. ``prompt`` is what a model would be sent."""

    number: int
    observation: str
    history: tuple[str, ...]
    labels: tuple[str, ...]
    prompt: str
    drawing: str | None
    """SVG; None if there is none that shows only what the seat may know."""
    spots: tuple[Spot | None, ...]
    """Where each legal move is on the drawing."""

    def plain(self) -> dict[str, Any]:
        """Return the turn as JSON values."""
        return {**shallow(self), "spots": [spot and spot.plain() for spot in self.spots]}


class Guest:
    """The person as an agent. Its methods run in the game's thread, ``choose`` in any."""

    def __init__(self, template: Template, show: Callable[[ShownTurn], None]) -> None:
        self._template = template
        self._show = show
        self._turns = 0
        self._asked: tuple[asyncio.AbstractEventLoop, asyncio.Future[str | None]] | None = None
        self._left = False

    def sit(self, _: Place) -> "Guest":
        """Return the same object, because a person takes one seat."""
        return self

    async def decide(self, turn: Turn) -> Decision:
        """Show the turn and wait for a move. Raises Quit."""
        loop = asyncio.get_running_loop()
        moved = loop.create_future()
        self._asked = loop, moved
        self._turns += 1
        self._show(_shown(turn, self._turns, self._template))
        if self._left:
            raise Quit
        label = await moved
        if label is None:
            raise Quit
        return Decision(action=turn.legal[turn.labels.index(label)])

    def choose(self, label: str | None) -> None:
        """Make a move that the turn lists; None leaves the game."""
        self._left = label is None
        if self._asked is not None:
            loop, moved = self._asked
            with suppress(RuntimeError):  # the game has ended, and its loop with it
                loop.call_soon_threadsafe(_settle, moved, label)


def _settle(moved: asyncio.Future[str | None], label: str | None) -> None:
    if not moved.done():
        moved.set_result(label)


def _shown(turn: Turn, number: int, template: Template) -> ShownTurn:
    seat = turn.place.seat
    drawing, spots = _picture(turn)
    seen = TurnContext(
        game=turn.game,
        seat=seat,
        observation=turn.observation(),
        history=turn.history(),
        labels=turn.labels,
    )
    return ShownTurn(
        number=number,
        observation=seen.observation,
        history=seen.history,
        labels=turn.labels,
        prompt=template.first(seen),
        drawing=drawing,
        spots=tuple(spots),
    )


def _picture(turn: Turn) -> tuple[str | None, list[Spot | None]]:
    """Draw what the seat may know, from a state that it cannot tell from the true one.

    Returns the drawing, and where each legal move is on it.
    """
    game, seat = turn.game, turn.place.seat
    try:
        with _SILENCE, quiet_stderr():
            state = _possible(turn)
    except (pyspiel.SpielError, ValueError):  # OpenSpiel cannot draw a state of this game
        return None, []
    drawing = boards.seen(game, state, seat)
    return drawing, boards.spots(game, state, seat) if drawing else []


def _possible(turn: Turn) -> pyspiel.State:
    game = turn.game
    if game.sequential or game.hidden_information or game.chance:
        return turn.sample_state()
    # Where seats move at the same time and hide nothing, their moves so far are the whole state.
    return game.replay([list(moves) for moves in turn.joint_moves()])


class Sitting:
    """One game of a person. All methods but ``_tell`` run in the server's loop."""

    def __init__(self, prepared: Plan, match: Match, results: Path) -> None:
        self.match = match
        self.record: EpisodeRecord | None = None
        self.saved: Path | None = None
        self._shown: ShownTurn | None = None
        self._ending: str | None = None
        self._version = 0
        self._changed = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._guest = Guest(_template(prepared, match), self._tell)
        self._task = asyncio.create_task(self._play(prepared, results))

    @property
    def over(self) -> bool:
        """Whether nobody moves any more."""
        return self._ending is not None

    def choose(self, number: int, label: str) -> None:
        """Make a move in turn ``number``. Raises UserError if it is not legal there."""
        shown = self._shown
        if shown is None or shown.number != number:
            raise UserError("this turn is over; the page shows the next one.")
        if label not in shown.labels:
            raise UserError(f"{label!r} is not a legal move.")
        self._shown = None
        self._change()
        self._guest.choose(label)

    async def leave(self) -> None:
        """End the game, and wait until a reply that was paid for is on file."""
        self._guest.choose(None)
        await asyncio.wait([self._task])

    async def news(self, since: int) -> dict[str, Any]:
        """Return the state as JSON: at once if newer than ``since`` or final."""
        if self._version <= since and not self.over:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), WAIT_S)
        return self._state()

    def _state(self) -> dict[str, Any]:
        record, game, seat = self.record, self.match.game, self.match.seat
        state: dict[str, Any] = {
            "version": self._version,
            "turn": self._shown and self._shown.plain(),
            "ending": self._ending,
            "record": record is not None,
            "saved": self.saved and str(self.saved),
        }
        if record is not None:
            trajectory = json.loads(record.trajectory)
            state["history"] = game.history(trajectory, seat)
            state["drawing"] = _last_drawing(game, trajectory, seat)
        return state

    async def _play(self, prepared: Plan, results: Path) -> None:
        try:
            record = await asyncio.to_thread(
                beside.play, prepared, self.match, self._guest, results
            )
        except Quit:
            self._ending = "You have left the game."
        except UserError as error:
            self._ending = str(error)
        except Exception:
            log.exception("this is a bug in gamegrid, not in your game")
            self._ending = "The game ended with an error of the program; the terminal shows it."
        else:
            self.record = record
            self._ending = beside.ending(self.match.game, record, self.match.seat)
        self._shown = None
        self._change()

    def _tell(self, shown: ShownTurn) -> None:
        """Show a turn; called in the game's thread."""
        self._loop.call_soon_threadsafe(self._show, shown)

    def _show(self, shown: ShownTurn) -> None:
        self._shown = shown
        self._change()

    def _change(self) -> None:
        self._version += 1
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


def _template(prepared: Plan, match: Match) -> Template:
    """Return the template of a model that the person plays against, or the default one."""
    settings = prepared.config.agents[match.agent]
    name = settings.prompt if isinstance(settings, LlmSettings) else "default"
    return templates.load(name, prepared.prompts)


def _last_drawing(game: Game, trajectory: Any, seat: int) -> str | None:
    """Draw the end of a game as the seat may know it."""
    return boards.seen(game, game.replay(trajectory), seat)


class Sittings:
    """The games of one server."""

    MOST = 20

    def __init__(self, results: Path) -> None:
        self._results = results
        self._by_name: dict[str, Sitting] = {}
        self._number = 0

    def __getitem__(self, name: str) -> Sitting:
        """Return a game by its name in the address. Raises KeyError."""
        return self._by_name[name]

    async def begin(self, prepared: Plan, match: Match) -> str:
        """Begin a game; return its name. The oldest game makes room if there are many."""
        if len(self._by_name) >= self.MOST:
            names: Mapping[str, Sitting] = self._by_name
            oldest = next((name for name, each in names.items() if each.over), next(iter(names)))
            await self._by_name.pop(oldest).leave()
        self._number += 1
        name = str(self._number)
        self._by_name[name] = Sitting(prepared, match, self._results)
        return name

    async def close(self) -> None:
        """Leave all games."""
        await asyncio.gather(*(each.leave() for each in self._by_name.values()))

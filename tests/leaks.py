"""Find leaks: what tells a seat more than it may know, or less, at the seam where models are asked.

The real llm agent plays the real episode loop; only its model is a fake, which takes notes. Beside
it, all that a turn hands to a bot is noted. Two histories that a seat cannot tell apart must give
it the same bytes everywhere, and any other two must not.
"""

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, product
from random import Random

import pyspiel

from arena import PROMPTS, Point, decides, following, movers, random_decisions, setup
from gamegrid.agents.agent import Agent, Ask, Decision, Player, Tools, Turn, kinds
from gamegrid.backends.backend import Completion, FinishReason, RecordedCompletion, Request
from gamegrid.games.game import Game, Joint, apply
from gamegrid.luck import Place
from gamegrid.plan.grid import unsupported_reason
from gamegrid.play.episode import Episode

# Which histories a seat cannot tell apart


def information(game: Game, state: pyspiel.State, seat: int) -> str:
    """Name what ``seat`` may know in ``state``: OpenSpiel's information state, told per seat.

    The seat and the movers are named beside it because some games give all seats one string
    (goofspiel with open bids).
    """
    return f"{seat}|{movers(state)}|{state.information_state_string(seat)}"


def recollection(game: Game, history: Sequence[Joint], seat: int) -> str:
    """Name what ``seat`` remembers after ``history``: what it knew and did at each of its turns.

    It may be more than the information state alone: that of dark_hex tells how many tries were
    made so far, and forgets how many there had been at earlier turns.
    """
    state, known = game.spiel.new_initial_state(), list[str]()
    for step in history:
        if decides(state) and seat in movers(state):
            did = _flat(step)[movers(state).index(seat)]
            known.append(f"{information(game, state, seat)} {did}")
        apply(state, step)
    return " / ".join([*known, information(game, state, seat)])


def points(game: Game, most: int) -> list[Point]:
    """Decisions of a game: all of them if there are at most ``most``, else so many.

    These are the decisions nearest to the start, where every hidden alternative is met, then
    random playouts, each beside its variants that differ in one step.
    """
    near = list(islice(_nearest(game, most), most + 1))
    if len(near) <= most:
        return near
    found = {str(history): (history, state) for history, state in near[: most // 2]}
    luck = Random(11)
    for history, state in random_decisions(game, most, whole=True):
        for point in ((history, state), *_variants(game, history, luck)):
            found[str(point[0])] = point
        if len(found) >= most:
            break
    return list(found.values())


def _nearest(game: Game, most: int) -> Iterator[Point]:
    """Decisions in the order of their distance from the start, complete up to ``most``."""
    waiting = deque[Point]([([], game.spiel.new_initial_state())])
    while waiting:
        history, state = waiting.popleft()
        if decides(state):
            yield history, state
        if not state.is_terminal() and len(waiting) <= 2 * most:
            waiting += following(history, state)


def _variants(game: Game, history: Sequence[Joint], luck: Random) -> Iterator[Point]:
    """A history with one step changed: each step by each of up to three other ones."""
    for place, step in enumerate(history):
        before = game.replay(history[:place])
        others = [h[-1] for h, _ in following([], before) if h[-1] != step]
        for other in luck.sample(others, min(3, len(others))):
            changed = [*history[:place], other, *history[place + 1 :]]
            state = _replayed(game, changed)
            if state is not None and decides(state):
                yield changed, state


def _replayed(game: Game, history: Sequence[Joint]) -> pyspiel.State | None:
    """The state after ``history``, or None if that is against the rules."""
    state = game.spiel.new_initial_state()
    for step in history:
        if state.is_terminal() or isinstance(step, list) != state.is_simultaneous_node():
            return None
        seats = movers(state) if not state.is_chance_node() else []
        legal = [state.legal_actions(s) for s in seats] if seats else [state.legal_actions()]
        if any(a not in allowed for a, allowed in zip(_flat(step), legal, strict=True)):
            return None
        apply(state, step)
    return state


def _flat(step: Joint) -> list[int]:
    return step if isinstance(step, list) else [step]


# What a seat is told

Told = dict[str, str]
"""All that a seat is told at one decision, by the place where it is told."""
Build = Callable[[Ask, str], Agent]
"""Make the agent under test of a way to ask and a kind of memory."""


def llm(ask: Ask, memory: str) -> Agent:
    """The real agent, with three further attempts; where it forgets, labels in random order."""
    kind = kinds()["llm"]
    given = kind.settings(
        type="llm", model="hf_x", memory=memory, rethink=3, shuffle_labels=memory == "none"
    )
    return kind.build("x", given, Tools(ask=lambda model: ask, prompts=(PROMPTS,)))


@dataclass(frozen=True, slots=True)
class Case:
    """A point to look at, and how to get there."""

    history: Sequence[Joint]
    choices: Mapping[int, int] = field(default_factory=dict)
    """What seats choose at the point; the first legal action where it says nothing."""
    late: int | None = None
    """The seat that is let to look only after the others chose."""


class NoteTaker:
    """Agent and player in one: notes all of each turn; the real agent decides, if there is one."""

    def __init__(self, build: Build | None, memory: str, samples: bool):
        self.agent = build(self.ask, memory) if build else None
        self.samples = samples
        self.moves: Sequence[Mapping[int, int]] = ()
        """By ply: the prescribed action of each seat."""
        self.late: int | None = None
        self.told: dict[int, Told] = {}
        self._wanted: dict[int, str] = {}
        self._asked: dict[int, Request] = {}

    def sit(self, place: Place) -> "NotedPlayer":
        """Return a watched player."""
        return NotedPlayer(self, self.agent.sit(place) if self.agent else None)

    async def ask(
        self, place: Place, ply: int, attempt: int, request: Request
    ) -> RecordedCompletion:
        """Be empty, illegal and cut off, then give the prescribed move (a fake)."""
        self._asked[place.seat] = request
        right = json.dumps({"action": self._wanted[place.seat]})
        text = ("", "Action: none of them", "Action:", right)[attempt]
        reason = FinishReason.LENGTH if attempt == 2 else FinishReason.STOP
        return RecordedCompletion(Completion(text=text, finish_reason=reason), replayed=False)

    async def watch(self, player: Player | None, turn: Turn) -> Decision:
        """Note what a turn hands out, and what is sent while ``player`` decides."""
        seat = turn.place.seat
        if seat == self.late:
            await asyncio.sleep(0.0)
        action = self.moves[turn.ply].get(seat, turn.legal[0])
        self.told[seat] = {
            "observation": turn.observation(),
            "history": "\n".join(turn.history()),
            "labels": f"{turn.labels} {turn.legal}",
            "information_state": turn.information_state(),
        }
        if self.samples:
            sampled = turn.sample_state()
            known = information(turn.game, sampled, seat)
            self.told[seat]["sample_state"] = f"{known}|{sampled.history()}"
        if player is None:
            return Decision(action=action)
        self._wanted[seat] = turn.labels[turn.legal.index(action)]
        decision = await player.decide(turn)
        assert decision.action == action
        self.told[seat]["messages"] = "\n".join(m.content for m in self._asked[seat].messages)
        return decision


@dataclass(frozen=True, slots=True)
class NotedPlayer:
    """One seat of a ``NoteTaker``."""

    notes: NoteTaker
    inner: Player | None

    async def decide(self, turn: Turn) -> Decision:
        """Be watched."""
        return await self.notes.watch(self.inner, turn)


class Prescribed:
    """A tape that repeats the chance events of a history."""

    def __init__(self, events: Iterable[int]):
        self.events = iter(events)

    def resolve(self, state: pyspiel.State, mover: int | None) -> int:
        """The next event; after the history, the first possible one."""
        return next(self.events, state.legal_actions()[0])


def split(game: Game, history: Sequence[Joint]) -> tuple[list[dict[int, int]], list[int]]:
    """The decisions of a history, ply by ply, and its chance events."""
    state, plies, events = game.spiel.new_initial_state(), list[dict[int, int]](), list[int]()
    for step in history:
        if state.is_chance_node():
            events += _flat(step)
        else:
            plies.append(dict(zip(movers(state), _flat(step), strict=True)))
        apply(state, step)
    return plies, events


def told(
    game: Game,
    cases: Iterable[Case],
    *,
    build: Build | None,
    episode: type[Episode] = Episode,
    chat: bool = False,
    samples: bool = False,
    deal: int = 0,
) -> list[dict[int, Told]]:
    """What the seats to move are told at the end of each case.

    With ``chat`` the whole case is played, and what is told is the whole conversation; else
    the case is an opening.
    """
    notes = NoteTaker(build, "chat" if chat else "none", samples)

    async def one(case: Case) -> dict[int, Told]:
        plies, events = split(game, case.history) if chat else ([], [])
        notes.told, notes.late, notes.moves = {}, case.late, [*plies, case.choices]
        playing = episode(
            setup(
                game,
                ("x",) * game.players,
                opening=() if chat else tuple(case.history),
                max_plies=len(plies) + 1,
                deal=deal,
            ),
            {"x": notes},
        )
        if chat:
            vars(playing)["_tape"] = Prescribed(events)
        await playing.play()
        return {seat: notes.told[seat] for seat in movers(game.replay(case.history))}

    async def each() -> list[dict[int, Told]]:
        return [await one(case) for case in cases]

    return asyncio.run(each())


# Leaks


@dataclass(frozen=True, slots=True)
class Leak:
    """A place where one information state is told in two ways, or two in one way (``lost``)."""

    place: str
    lost: bool
    texts: tuple[str, str]


MOST = 20_000
"""Points of a game at which the turn is looked at: a fraction of a millisecond each, or more."""
ASKED = 600
"""Turns at which a model is asked too."""
TALKS = 120
"""Turns at which a model remembers the episode, and at which states are sampled."""
REDRAWS = 10
"""States sampled at each of these turns."""
ENOUGH = 10
"""Information states of several points that a game with hidden information must show."""
TELLS_ALL = ("observation", "messages", "talk")
"""Places of which each alone has to tell information states apart."""


def leaks(
    game: Game,
    *,
    build: Build = llm,
    episode: type[Episode] = Episode,
    most: int = MOST,
    talks: int = TALKS,
) -> list[Leak]:
    """Every leak found, at most one of a kind and place.

    ``build`` and ``episode`` are the agent and the loop under test; ``most`` points are looked at,
    and in so many ``talks`` the model remembers.
    """
    found = points(game, most)
    cases = [Case(history) for history, _ in found]
    asked, talked = _families(game, found, ASKED), _families(game, found, talks)
    notes = _Notes(game)
    notes.add(cases, told(game, cases, build=None, episode=episode))
    notes.add(asked, told(game, asked, build=build, episode=episode))
    notes.add(talked, told(game, talked, build=build, episode=episode, chat=True), chat=True)
    joint = list(_joint(game, found))
    notes.add(joint, told(game, joint, build=build, episode=episode))
    if can_redraw(game):
        for deal in range(REDRAWS):
            seen = told(game, talked, build=None, episode=episode, samples=True, deal=deal)
            notes.add(talked, seen, deal=deal)
    return list(notes.leaks.values())


def can_redraw(game: Game) -> bool:
    """Whether any agent may ask for a state of its information state."""
    ismcts = kinds()["ismcts"]
    settings = ismcts.settings(type="ismcts", simulations=2)
    return game.hidden_information and unsupported_reason(settings, game) is None


class _Notes:
    """Compares what is told, information state by information state, as it comes in."""

    def __init__(self, game: Game):
        self.game = game
        self.leaks: dict[tuple[str, bool], Leak] = {}
        self._told: dict[tuple[str, str], str] = {}
        self._means: dict[tuple[str, str], str] = {}

    def add(
        self,
        cases: Sequence[Case],
        seen: Sequence[dict[int, Told]],
        *,
        chat: bool = False,
        deal: int = 0,
    ) -> None:
        """Compare with all that came before; the same luck, of a deal, samples the same state."""
        for case, seats in zip(cases, seen, strict=True):
            state = self.game.replay(case.history)
            for seat, places in seats.items():
                known = information(self.game, state, seat)
                for place, text in places.items():
                    if place == "sample_state":
                        self._compare(place, f"{deal}|{known}", text)
                        if not text.startswith(f"{known}|"):
                            self.leaks[place, True] = Leak(place, True, (known, text))
                    elif chat and place == "messages":
                        self._compare("talk", recollection(self.game, case.history, seat), text)
                    else:
                        self._compare(place, known, text)

    def _compare(self, place: str, known: str, text: str) -> None:
        before = self._told.setdefault((place, known), text)
        if before != text:
            self.leaks.setdefault((place, False), Leak(place, False, (before, text)))
        means = self._means.setdefault((place, text), known)
        if place in TELLS_ALL and means != known:
            self.leaks.setdefault((place, True), Leak(place, True, (means, known)))


def _families(game: Game, found: Sequence[Point], most: int) -> list[Case]:
    """Points of some information states, each with several histories where it has them."""
    families: dict[str, list[Case]] = defaultdict(list)
    for history, state in found:
        for seat in movers(state):
            families[information(game, state, seat)].append(Case(history))
    shared = sum(len(family) > 1 for family in families.values())
    assert shared >= ENOUGH or not game.hidden_information, "too little hidden to tell leaks by"
    luck, chosen = Random(5), list[Case]()
    order = sorted(families.values(), key=lambda family: (len(family) < 2, luck.random()))
    for family in order:
        chosen += luck.sample(family, min(4, len(family)))
        if len(chosen) * (1 if game.sequential else game.players) >= most:
            break
    return chosen


def _joint(game: Game, found: Sequence[Point]) -> Iterator[Case]:
    """Simultaneous moves: each seat looks after the others have chosen, whatever they chose."""
    nodes = [point for point in found if point[1].is_simultaneous_node()]
    for history, state in Random(6).sample(nodes, min(10, len(nodes))):
        for joint in islice(product(*map(state.legal_actions, movers(state))), 8):
            for seat in movers(state):
                yield Case(history, {s: a for s, a in enumerate(joint) if s != seat}, late=seat)

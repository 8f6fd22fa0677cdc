"""Find leaks: places where a seat learns more than it may know, or less, when a model is asked.

The real llm agent plays in the real episode loop; only its model is a fake that takes notes. The
notes also record everything that a turn hands to a bot. Two histories that a seat cannot tell apart
must produce the same bytes everywhere; any other two must not.
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
    """Return a key for what ``seat`` may know in ``state``: its information state plus seats.

    The key includes the seat and the movers because some games give all seats the same string
    (goofspiel with open bids).
    """
    return f"{seat}|{movers(state)}|{state.information_state_string(seat)}"


def recollection(game: Game, history: Sequence[Joint], seat: int) -> str:
    """Return a key for what ``seat`` remembers: its knowledge and its moves at each turn.

    This may exceed the current information state: in dark_hex the state tells how many tries were
    made so far, but not how many there had been at earlier turns.
    """
    state, known = game.spiel.new_initial_state(), list[str]()
    for step in history:
        if decides(state) and seat in movers(state):
            did = _flat(step)[movers(state).index(seat)]
            known.append(f"{information(game, state, seat)} {did}")
        apply(state, step)
    return " / ".join([*known, information(game, state, seat)])


def points(game: Game, most: int) -> list[Point]:
    """Return all decisions of a game if there are at most ``most``, else a sample of that size.

    The sample holds the decisions nearest to the start, which cover every hidden alternative, then
    random playouts, each with variants that differ in one step.
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
    """Yield decisions by distance from the start, complete up to ``most``."""
    waiting = deque[Point]([([], game.spiel.new_initial_state())])
    while waiting:
        history, state = waiting.popleft()
        if decides(state):
            yield history, state
        if not state.is_terminal() and len(waiting) <= 2 * most:
            waiting += following(history, state)


def _variants(game: Game, history: Sequence[Joint], luck: Random) -> Iterator[Point]:
    """Yield histories with one step changed: each step in turn, by up to three alternatives."""
    for place, step in enumerate(history):
        before = game.replay(history[:place])
        others = [h[-1] for h, _ in following([], before) if h[-1] != step]
        for other in luck.sample(others, min(3, len(others))):
            changed = [*history[:place], other, *history[place + 1 :]]
            state = _replayed(game, changed)
            if state is not None and decides(state):
                yield changed, state


def _replayed(game: Game, history: Sequence[Joint]) -> pyspiel.State | None:
    """Return the state after ``history``, or None if the history is illegal."""
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


# What a seat learns

Told = dict[str, str]
"""Everything a seat learns at one decision, by the channel through which it learns it."""
Build = Callable[[Ask, str], Agent]
"""Builds the agent under test from an ``Ask`` and a kind of memory."""


def llm(ask: Ask, memory: str) -> Agent:
    """Return the real agent with three retries; without memory, it shuffles the labels."""
    kind = kinds()["llm"]
    given = kind.settings(
        type="llm", model="hf_x", memory=memory, rethink=3, shuffle_labels=memory == "none"
    )
    return kind.build("x", given, Tools(ask=lambda model: ask, prompts=(PROMPTS,)))


@dataclass(frozen=True, slots=True)
class Case:
    """A point to examine and how to reach it."""

    history: Sequence[Joint]
    choices: Mapping[int, int] = field(default_factory=dict)
    """The seats' choices at the point; a missing seat takes its first legal action."""
    late: int | None = None
    """The seat that observes only after the others have chosen."""


class NoteTaker:
    """An agent and player that records every turn; the real agent decides if there is one."""

    def __init__(self, build: Build | None, memory: str, samples: bool):
        self.agent = build(self.ask, memory) if build else None
        self.samples = samples
        self.moves: Sequence[Mapping[int, int]] = ()
        """The prescribed action of each seat, by ply."""
        self.late: int | None = None
        self.told: dict[int, Told] = {}
        self._wanted: dict[int, str] = {}
        self._asked: dict[int, Request] = {}

    def sit(self, place: Place) -> "NotedPlayer":
        """Return a recorded player."""
        return NotedPlayer(self, self.agent.sit(place) if self.agent else None)

    async def ask(
        self, place: Place, ply: int, attempt: int, request: Request
    ) -> RecordedCompletion:
        """Answer as a fake model: empty, illegal and truncated first, then the prescribed move."""
        self._asked[place.seat] = request
        right = json.dumps({"action": self._wanted[place.seat]})
        text = ("", "Action: none of them", "Action:", right)[attempt]
        reason = FinishReason.LENGTH if attempt == 2 else FinishReason.STOP
        return RecordedCompletion(Completion(text=text, finish_reason=reason), replayed=False)

    async def watch(self, player: Player | None, turn: Turn) -> Decision:
        """Record what a turn provides and what is sent while ``player`` decides."""
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
        """Decide under observation of the note taker."""
        return await self.notes.watch(self.inner, turn)


class Prescribed:
    """A tape that repeats the chance events of a history."""

    def __init__(self, events: Iterable[int]):
        self.events = iter(events)

    def resolve(self, state: pyspiel.State, mover: int | None) -> int:
        """Return the next event; after the end of the history, the first possible one."""
        return next(self.events, state.legal_actions()[0])


def split(game: Game, history: Sequence[Joint]) -> tuple[list[dict[int, int]], list[int]]:
    """Split a history into its decisions by ply and its chance events."""
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
    """Return what the seats to move learn at the end of each case.

    With ``chat`` the whole case is played and the result is the whole conversation. Otherwise the
    case is the opening of an episode.
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
    """An information state that is presented in two ways, or two that look the same (``lost``)."""

    place: str
    lost: bool
    texts: tuple[str, str]


MOST = 20_000
"""Number of points of a game whose turns are examined; each takes a fraction of a millisecond."""
ASKED = 600
"""Number of turns at which a model is asked too."""
TALKS = 120
"""Number of turns at which a model remembers the episode and states are sampled."""
REDRAWS = 10
"""Number of states sampled at each of these turns."""
ENOUGH = 10
"""Information states with several points that a game of hidden information must show."""
TELLS_ALL = ("observation", "messages", "talk")
"""Channels that must each distinguish all information states."""


def leaks(
    game: Game,
    *,
    build: Build = llm,
    episode: type[Episode] = Episode,
    most: int = MOST,
    talks: int = TALKS,
) -> list[Leak]:
    """Return every leak found, at most one per kind and channel.

    ``build`` and ``episode`` are the agent and the loop under test. ``most`` points are examined;
    in ``talks`` of them the model remembers.
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
    """Return whether agents can sample a state of their information state."""
    ismcts = kinds()["ismcts"]
    settings = ismcts.settings(type="ismcts", simulations=2)
    return game.hidden_information and unsupported_reason(settings, game) is None


class _Notes:
    """Compares what seats learn, information state by information state, as it comes in."""

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
        """Compare with everything seen before; a deal's luck must always sample the same state."""
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
    """Return points of some information states, each with several histories if it has them."""
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
    """Yield simultaneous moves in which each seat observes after the others have chosen."""
    nodes = [point for point in found if point[1].is_simultaneous_node()]
    for history, state in Random(6).sample(nodes, min(10, len(nodes))):
        for joint in islice(product(*map(state.legal_actions, movers(state))), 8):
            for seat in movers(state):
                yield Case(history, {s: a for s, a in enumerate(joint) if s != seat}, late=seat)

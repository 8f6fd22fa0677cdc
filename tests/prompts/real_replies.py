"""The corpus of real replies: how it was asked for, how it was read, and what it says of templates.

SmolLM2-135M-Instruct (4-bit weights, llama.cpp) was asked for one move in six positions of each of
eight games, with every template. Except in chess, it was asked once more in a conversation that
shows the form: its earlier turn, another position of the game, was answered in the form that the
template asks for. The positions come from random play and differ in what the seat sees. Their
temperatures take turns. So the replies to one template, with or without an earlier turn, are
independent of each other.

``real_replies.jsonl`` holds the replies. What a careful reading finds is in ``right``: a legal
move, or null. It was written down before the parser read the reply; one that was left out by
mistake was put in afterwards. A reply that was cut off is null by rule. The rules of reading were
written first:

* Only the reply counts: not whether the move is good, nor whether its reasons make sense.
* A move is chosen if it is stated as the answer: as the ``action`` of a JSON object (slips in the
  JSON that leave no doubt do not matter) or on an
  ``Action:`` line, whichever of the two the template asked for.
* A move that is only mentioned is not chosen: in prose, in a list, in the reasoning, on its own.
* The answer must be one legal move, up to case, spaces, punctuation, quotes and markup, in the
  label's words or another usual spelling of it. An explanation may follow it.
* A placeholder, a repeated list of moves, several moves in one answer or a sentence about a move is
  no move.
* Answers that name the same move are one. Different answers are no move, unless the words between
  them plainly put the last in place of the others.
* An answer for another player, a later turn or an example is not this turn's.
* A reply that reached the token limit holds no move, whatever it says.
* In doubt, the reply holds no move.

Run as a program, ``ask FILE`` asks for the replies anew, in about an hour on one core, and
``table`` prints the table in docs/agents.md. Other versions of llama.cpp may reply differently.
"""

import json
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from itertools import count, islice, product
from pathlib import Path
from typing import Any

import numpy as np
import pyspiel

from gamegrid import games
from gamegrid.backends.backend import Message
from gamegrid.backends.packaged import SMOLLM2
from gamegrid.games.game import Game, Joint, apply
from gamegrid.luck import deal_draw
from gamegrid.paths import WORKFLOW
from gamegrid.prompts import templates
from gamegrid.prompts.templates import TurnContext
from gamegrid.stats.intervals import Interval, share_interval

FILE = Path(__file__).with_suffix(".jsonl")
GAMES = (
    "tic_tac_toe", "connect_four", "hex(board_size=4)", "nim", "kuhn_poker", "leduc_poker",
    "liars_dice", "chess",
)  # fmt: skip
GAMES_SHOWN = GAMES[:-1]
"""Games in which a conversation shows the form. Two turns of chess take too long to read."""
TEMPLATES = ("default", "paraphrase_1", "paraphrase_2", "paraphrase_3", "gra", "terse")
POSITIONS = 6
"""Of each game."""
TURNS = 30
"""Later turns of a chess game do not fit the server's context."""
TEMPERATURES = (0.0, 0.7, 1.0)
MAX_TOKENS = 120
SEED = 19


@dataclass(frozen=True, slots=True, kw_only=True)
class RealReply:
    """One reply. ``position`` counts the positions of the game.

    ``shown``: whether the conversation showed the form. ``right``: what a careful reading finds.
    """

    game: str
    position: int
    template: str
    shown: bool
    temperature: float
    labels: tuple[str, ...]
    reply: str
    finish: str
    right: str | None


@dataclass(frozen=True, slots=True)
class Position:
    """A turn of a random game: the state, and the turn as its seat sees it."""

    state: pyspiel.State
    seat: int
    seen: TurnContext


@cache
def positions(name: str) -> tuple[Position, ...]:
    """Return the positions of a game that the corpus asks for."""
    return tuple(islice(distinct_positions(name), POSITIONS))


def distinct_positions(name: str) -> Iterator[Position]:
    """Yield positions of a game that differ in what the seat sees, one of each random game.

    Looks for ever if a game has no more.
    """
    game = games.load(name)
    seen = set[str]()
    for number in count():
        luck = deal_draw(SEED, game.load_string, number, "real_replies")
        position = luck.choice(list(islice(_turns(game, luck), TURNS)))
        if position.seen.observation not in seen:
            seen.add(position.seen.observation)
            yield position


def _turns(game: Game, luck: Any) -> Iterator[Position]:
    """Yield the turns of one random game at which there is a choice."""
    state, history = game.spiel.new_initial_state(), list[Joint]()
    while not state.is_terminal():
        actions = state.legal_actions()
        if not state.is_chance_node() and len(actions) > 1:
            yield _position(game, state.clone(), history)
        weights = dict(state.chance_outcomes()).values() if state.is_chance_node() else None
        history.append(luck.choices(actions, weights and list(weights))[0])
        apply(state, history[-1])


def _position(game: Game, state: pyspiel.State, history: list[Joint]) -> Position:
    seat = state.current_player()
    seen = TurnContext(
        game=game,
        seat=seat,
        observation=game.observation(state, seat),
        history=tuple(game.history(history, seat)),
        labels=game.labels(state, seat),
    )
    return Position(state, seat, seen)


def ask(address: str) -> Iterator[RealReply]:
    """Ask a server with an OpenAI-compatible API at ``address`` for all replies, one by one."""
    asked = [*product((False,), GAMES, TEMPLATES), *product((True,), GAMES_SHOWN, TEMPLATES)]
    for shown, name, template in asked:
        for number, position in enumerate(positions(name)):
            temperature = TEMPERATURES[number % len(TEMPERATURES)]
            messages = conversation(name, number, template, shown)
            reply, finish = _answer(address, messages, temperature, number)
            yield RealReply(
                game=name, position=number, template=template, shown=shown,
                temperature=temperature, labels=position.seen.labels, reply=reply, finish=finish,
                right=None,
            )  # fmt: skip


def conversation(name: str, number: int, template: str, shown: bool) -> list[Message]:
    """Return the messages of a request."""
    seen = positions(name)[number].seen
    if not shown:
        return first_turn(seen, template)
    before = positions(name)[number - 1].seen
    return later_turn(before, deal_draw(SEED, name, number, "shown"), seen, template)


def first_turn(seen: TurnContext, template: str) -> list[Message]:
    """Return the messages of a request without earlier turns."""
    return [Message("user", _template(template).first(seen))]


def later_turn(before: TurnContext, luck: Any, seen: TurnContext, template: str) -> list[Message]:
    """Return the messages of a request after one earlier turn, whose move luck chose."""
    label = luck.choice(before.labels)
    answer = json.dumps({"reasoning": "It looks best.", "action": label})
    return [
        *first_turn(before, template),
        Message("assistant", f"Action: {label}" if template == "terse" else answer),
        Message("user", _template(template).state(seen)),
    ]


def _template(name: str) -> templates.Template:
    return templates.load(name, (WORKFLOW / "config/prompts",))


def _answer(
    address: str, messages: list[Message], temperature: float, seed: int
) -> tuple[str, str]:
    asked = {
        "messages": [asdict(message) for message in messages],
        "temperature": temperature,
        "seed": seed,
        "max_tokens": MAX_TOKENS,
    }
    request = urllib.request.Request(
        f"{address}/chat/completions",
        json.dumps(asked).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as response:
        [choice] = json.load(response)["choices"]
    return choice["message"]["content"], choice["finish_reason"]


def stored() -> list[RealReply]:
    """Return the corpus."""
    entries = map(json.loads, FILE.read_text("utf-8").splitlines())
    return [RealReply(**{**entry, "labels": tuple(entry["labels"])}) for entry in entries]


def table(replies: list[RealReply]) -> str:
    """Return the shares of replies that choose a legal move, with 95 % intervals, as Markdown."""
    rows = {
        f"`{name}`": [reply for reply in replies if reply.template == name] for name in TEMPLATES
    } | {
        f"all, at temperature {heat:g}": [reply for reply in replies if reply.temperature == heat]
        for heat in TEMPERATURES
    }
    lines = [
        "| template | asked without an example | of these cut off | asked after an example "
        "| of these cut off |",
        "|---|---|---|---|---|",
    ]
    for name, mine in rows.items():
        cells = [cell for shown in (False, True) for cell in _shares(mine, shown)]
        lines.append(f"| {' | '.join([name, *cells])} |")
    return "\n".join(lines) + "\n"


def _shares(replies: list[RealReply], shown: bool) -> tuple[str, str]:
    """Return two shares: of legal moves, with its interval over positions, and of cut replies."""
    chose: dict[tuple[str, int], list[bool]] = {}
    mine = [reply for reply in replies if reply.shown == shown]
    for reply in mine:
        chose.setdefault((reply.game, reply.position), []).append(reply.right is not None)
    values = np.array([np.mean(moves) for moves in chose.values()])
    interval = share_interval(values)
    assert isinstance(interval, Interval)
    cut = sum(reply.finish == "length" for reply in mine) / len(mine)
    return f"{values.mean():.0%} ({interval.low:.0%} to {interval.high:.0%})", f"{cut:.0%}"


def main(command: str, *files: str) -> None:
    """Run one of the two commands."""
    if command == "table":
        print(table(stored()), end="")
        return
    from llama_server import llama_server

    gguf = Path(SMOLLM2.folder).expanduser() / Path(SMOLLM2.gguf).name
    with (
        tempfile.TemporaryDirectory() as folder,
        Path(files[0]).open("w", encoding="utf-8") as out,
        llama_server(gguf, Path(folder, "server.log")) as address,
    ):
        for reply in ask(address):
            print(json.dumps(asdict(reply), ensure_ascii=False), file=out, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

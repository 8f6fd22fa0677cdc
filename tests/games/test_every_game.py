"""What holds for the texts of every game: complete, unambiguous, and parsed as written."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from random import Random

import pyspiel
import pytest

from arena import PROMPTS, SUITE, movers, position, some_decisions, suite
from gamegrid import games
from gamegrid.backends.backend import FinishReason
from gamegrid.games.game import Game
from gamegrid.games.labels import normalise
from gamegrid.prompts import templates
from gamegrid.prompts.parser import parse
from gamegrid.prompts.templates import TurnContext
from leaks import points

ALL = sorted({*suite(lambda game: True), *SUITE})
PERFECT = [name for name in ALL if games.load(name).perfect_information]


def labels(game: Game, state: pyspiel.State, seat: int) -> tuple[str, ...]:
    """Return the legal moves of a seat, as it sees them."""
    return tuple(game.label(state, seat, action) for action in state.legal_actions(seat))


def shown(game: Game, most: int) -> set[tuple[str, ...]]:
    """Return the lists of legal moves that appear in a game."""
    found = some_decisions(game, most)
    return {labels(game, state, seat) for _, state in found for seat in movers(state)}


# Labels


@pytest.mark.parametrize("name", ALL)
def test_labels_are_told_apart_by_the_parser_and_are_no_bare_numbers(name: str) -> None:
    form = cache(normalise)
    lists = shown(games.load(name), 400)
    assert lists
    for told in lists:
        forms = [form(label) for label in told]
        assert len(set(forms)) == len(told)
        assert all(form and not form.isnumeric() for form in forms)


WRITTEN: tuple[Callable[[str], str], ...] = (
    str,
    str.upper,
    str.lower,
    str.title,
    "  {} ".format,
    "{}.".format,
    "**{}**".format,
    "`{}`".format,
    lambda label: label.replace(" ", "  "),
    lambda label: label.replace(" ", "_"),
)
"""Unambiguous ways of writing a label."""


def replies(label: str, luck: Random) -> Iterator[str]:
    """Yield replies that state a label: in JSON or an Action line, exactly or in variants."""
    for write in WRITTEN:
        said = write(label)
        yield json.dumps({"action": said})
        yield f"I think.\n```json\n{json.dumps({'reasoning': 'so', 'action': said}, indent=1)}\n```"
        yield f"{luck.choice(['Action', 'ACTION', '**Action**'])}: {said}"


@pytest.mark.parametrize("name", ALL)
def test_a_label_is_accepted_however_it_is_written(name: str) -> None:
    luck = Random(3)
    lists = {label: told for told in sorted(shown(games.load(name), 200)) for label in told}
    for label in luck.sample(sorted(lists), min(25, len(lists))):
        for reply in replies(label, luck):
            assert parse(reply, FinishReason.STOP, lists[label]).label == label, reply


def test_no_reply_to_any_game_makes_the_parser_fail() -> None:
    luck, told = Random(4), sorted({t for name in ALL for t in shown(games.load(name), 20)})
    pieces = ['{"action": "', '"}', "Action: ", "```", "<think>", "</think>", "\\", '"', "\n", "{"]
    for _ in range(10_000):
        legal = luck.choice(told)
        noise = [chr(luck.choice((luck.randrange(0x250), luck.randrange(0x110000)))) for _ in "123"]
        parts = luck.choices([*pieces, *noise, luck.choice(legal)], k=luck.randrange(14))
        label = parse("".join(parts), luck.choice(list(FinishReason)), legal).label
        assert label is None or label in legal


# What players see


@pytest.mark.parametrize("name", PERFECT)
def test_a_view_alone_tells_the_position_and_nothing_else(name: str) -> None:
    game = games.load(name)
    observations: dict[str, str] = {}
    positions: dict[str, str] = {}
    for _, state in points(game, 1_000):
        observation, here = game.observation(state, state.current_player()), position(game, state)
        assert observations.setdefault(here, observation) == observation
        assert positions.setdefault(observation, here) == here


@pytest.mark.parametrize("name", PERFECT)
def test_all_seats_see_the_same_position_and_their_own_name(name: str) -> None:
    game = games.load(name)
    for _, state in some_decisions(game, 200):
        observations = [game.observation(state, seat).split("\n") for seat in range(game.players)]
        for seat, observation in enumerate(observations):
            assert observation[0].startswith(f"You are {game.seat_name(seat)}")
        assert len({tuple(observation[1:]) for observation in observations}) == 1


@pytest.mark.parametrize("name", suite(lambda game: game.players > 1))
def test_a_seat_is_told_which_one_it_is(name: str) -> None:
    game = games.load(name)
    for _, state in some_decisions(game, 100):
        for seat in movers(state):
            assert game.observation(state, seat).startswith(f"You are {game.seat_name(seat)}")


@pytest.mark.parametrize("template", ["default", "terse"])
@pytest.mark.parametrize("name", ALL)
def test_no_prompt_holds_openspiels_own_text(name: str, template: str) -> None:
    game, loaded = games.load(name), templates.load(template, (PROMPTS,))
    for history, state in some_decisions(game, 60):
        for seat in movers(state):
            seen = TurnContext(
                game=game,
                seat=seat,
                observation=game.observation(state, seat),
                history=tuple(game.history(history, seat)),
                labels=labels(game, state, seat),
            )
            prompt = loaded.first(seen)
            if not game.perfect_information and str(state).strip():
                assert str(state).strip() not in prompt
            # A label that ends in a number, followed by one that starts with a number, looks like a
            # history.
            told = prompt.replace(", ".join(seen.labels), "")
            assert state.history_str() not in told or len(history) < 2
            assert seen.observation in prompt


@pytest.mark.parametrize("name", [n for n in ALL if not games.load(n).hidden_information])
def test_history_names_the_observer_you_and_others_by_seat(name: str) -> None:
    game = games.load(name)
    for history, state in some_decisions(game, 60):
        told = [game.history(history, seat) for seat in range(game.players)]
        lengths = {len(lines) for lines in told}
        assert len(lengths) == 1
        for lines in zip(*told, strict=True):
            # At most one seat calls a public event its own, and all seats describe it alike.
            assert sum(line.startswith("You: ") for line in lines) <= 1
            assert len({line.split(": ", 1)[1] for line in lines}) == 1
        assert state.is_terminal() is False

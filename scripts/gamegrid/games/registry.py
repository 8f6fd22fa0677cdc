"""Find games by name: an alias from the suite or any OpenSpiel load string."""

import hashlib
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from functools import cache, partial
from typing import Any

import pyspiel

from gamegrid import plugins
from gamegrid.errors import UserError, nearest
from gamegrid.games import generic
from gamegrid.games.game import Game

SPACES = re.compile(r"\s*([(),=])\s*")
"""Insignificant spaces in a load string. Spaces inside some values are significant."""


def suite() -> dict[str, type[Game]]:
    """Return every game class by short name, from the package and the user's plug-ins."""
    return {kind.short_name: kind for kind in plugins.values(plugins.GAME)}


def user_files(load_string: str) -> dict[str, plugins.UserFile]:
    """Return the user's files behind a load string, by the game they declare.

    A game that wraps another one names both, so there may be several.
    """
    words = set(re.findall(r"\w+", load_string))
    return {name: file for name, file in plugins.sources(plugins.GAME).items() if name in words}


def aliases() -> dict[str, str]:
    """Return the suite's aliases and their load strings; a short name is an alias of itself.

    A short name is no alias if OpenSpiel has no default parameters for it, as for a game that wraps
    another one.
    """
    return _aliases(plugins.in_use())


@cache
def _aliases(used: plugins.UserFolders) -> dict[str, str]:
    complete = {kind.short_name for kind in pyspiel.registered_games() if kind.default_loadable}
    names = {
        short: short
        for short, kind in suite().items()
        if short in complete or kind.defaults is not None
    }
    for kind in suite().values():
        names.update(kind.aliases)
    return names


def load(name: str) -> Game:
    """Return the game for an alias or load string.

    The game uses the suite's texts, or OpenSpiel's if the suite has none for it. Raises UserError
    if the name, a parameter or its value is unknown, or if the game cannot be played in words.
    """
    return _load(name, plugins.in_use())


@cache
def _load(name: str, used: plugins.UserFolders) -> Game:
    parsed = _parse(aliases().get(name.strip(), name))
    short = str(parsed.pop("name", ""))
    kind = suite().get(short)
    if kind is not None and kind.defaults is not None:
        parsed = _complete(name, short, kind.defaults, parsed)
        spiel, defaults = _open(name, partial(kind.open, parsed)), kind.defaults
    else:
        if kind is not None and not kind.speaks(parsed):
            kind = None
        spiel = _open_spiel(name, short, kind, parsed)
        defaults = spiel.get_type().parameter_specification
        kind = kind or generic.kind_of(spiel)
    # OpenSpiel's str(game) keeps parameters that equal their default. Dropping them gives each game
    # one name: kuhn_poker(players=2) is kuhn_poker.
    load_string = _string(short, {k: v for k, v in parsed.items() if v != defaults.get(k)})
    game = kind(_slug(short, load_string), load_string, spiel)
    with quiet_stderr():
        unsupported_reason = game.unsupported_reason()
    if unsupported_reason:
        raise UserError(f"games: {name!r}: {unsupported_reason}")
    return game


def _open_spiel(
    name: str, short: str, kind: type[Game] | None, parsed: dict[str, Any]
) -> pyspiel.Game:
    """Create a game that OpenSpiel has, through its module's ``open`` if it has a module."""
    if short not in pyspiel.registered_names():
        known = sorted({*aliases(), *pyspiel.registered_names()})
        raise UserError(
            f"games: {name!r} is unknown.{nearest(short, known)} The suite has "
            f"{', '.join(sorted(aliases()))}. Name any other OpenSpiel game by its load string."
        )
    if files := [key for key, value in parsed.items() if "file" in key and value]:
        raise UserError(
            f"games: {name!r}: {files[0]!r} names a file. Such games are not supported, because "
            f"the results could not record the file's content."
        )
    opened = partial(pyspiel.load_game, short) if kind is None else kind.open
    return _open(name, partial(opened, parsed))


def _complete(
    name: str, short: str, defaults: Mapping[str, Any], parsed: dict[str, Any]
) -> dict[str, Any]:
    """Return all parameters of a game of our own, each converted to the type of its default."""
    if strange := sorted(set(parsed) - set(defaults)):
        allowed = ", ".join(sorted(defaults)) or "none"
        raise UserError(
            f"games: {name!r} has the unknown parameter {strange[0]!r}; {short} takes {allowed}."
        )
    return {
        key: _typed(name, key, parsed.get(key, value), value) for key, value in defaults.items()
    }


def _parse(text: str) -> dict[str, Any]:
    try:
        with quiet_stderr():
            return dict(pyspiel.game_parameters_from_string(SPACES.sub(r"\1", text.strip())))
    except pyspiel.SpielError as error:
        raise UserError(
            f"games: {text!r} is not a valid load string: {_sentence(error)}"
        ) from error
    except TypeError as error:  # not valid Unicode
        raise UserError(f"games: {text!r} is not a valid load string.") from error


def _typed(name: str, key: str, value: Any, default: Any) -> Any:
    if type(default) is float and type(value) is int:
        return float(value)
    if type(value) is not type(default):
        what = {bool: "true or false", int: "a whole number", float: "a number"}
        raise UserError(
            f"games: {name!r}: {key} must be {what.get(type(default), 'a word')}, "
            f"found {_value(value)!r}."
        )
    return value


def _open(name: str, opened: Callable[[], pyspiel.Game]) -> pyspiel.Game:
    try:
        with quiet_stderr():
            return opened()
    except (pyspiel.SpielError, ValueError, IndexError) as error:
        raise UserError(f"games: {name!r} cannot be loaded: {_sentence(error)}") from error


def _string(short: str, parameters: dict[str, Any]) -> str:
    inner = ",".join(f"{key}={_value(parameters[key])}" for key in sorted(parameters))
    return f"{short}({inner})" if inner else short


def _value(value: Any) -> str:
    # OpenSpiel reads a game within a game only with brackets, as in misere(game=tic_tac_toe());
    # without them it takes the name for a string.
    if isinstance(value, dict):
        inner = {key: part for key, part in value.items() if key != "name"}
        return _string(value["name"], inner) if inner else f"{value['name']}()"
    if isinstance(value, float):  # OpenSpiel does not read exponents
        return format(Decimal(str(value)), "f")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _slug(short: str, load_string: str) -> str:
    if load_string == short:
        return short
    for alias, target in aliases().items():
        if target == load_string:
            return alias
    return f"{short}-{hashlib.sha256(load_string.encode()).hexdigest()[:8]}"


def _sentence(error: Exception) -> str:
    """Return OpenSpiel's reason without source positions; its last line states the values."""
    text = str(error).split(" Available games are:")[0].splitlines()
    reason = text[-1] if text else "no reason given"
    return reason.rstrip(".") + "."


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Silence OpenSpiel, which prints each error to stderr in addition to raising it."""
    sys.stderr.flush()
    saved = os.dup(2)
    with open(os.devnull, "w") as sink:  # noqa: PTH123 (a device, not a user's path)
        os.dup2(sink.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)

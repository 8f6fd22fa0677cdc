"""Find games by name: an alias, or an OpenSpiel load string the suite has words for."""

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import cache
from typing import Any

import pyspiel

import gamegrid.games
from gamegrid.errors import UserError, nearest
from gamegrid.games.base import Game
from gamegrid.plugins import discover


@cache
def suite() -> dict[str, type[Game]]:
    """Every game module's class by OpenSpiel short name."""
    return {kind.short_name: kind for kind in discover(gamegrid.games, "GAME")}


@cache
def aliases() -> dict[str, str]:
    """Every alias of the suite with its load string; a short name is an alias of itself.

    It is none where OpenSpiel has no default, as for a game around another one.
    """
    complete = {kind.short_name for kind in pyspiel.registered_games() if kind.default_loadable}
    names = {
        short: short
        for short, kind in suite().items()
        if short in complete or kind.defaults is not None
    }
    for kind in suite().values():
        names.update(kind.aliases)
    return names


@cache
def load(name: str) -> Game:
    """Return the game for an alias or load string.

    Raises UserError if the name, a parameter or its value is unknown, or if the suite has no
    words for it.
    """
    parsed = _parse(aliases().get(name.strip(), name))
    short = str(parsed.pop("name", ""))
    if short not in suite():
        known = sorted(aliases())
        why = (
            "is in OpenSpiel, but the suite has no words for it yet"
            if short in pyspiel.registered_names()
            else "is unknown"
        )
        raise UserError(
            f"games: {name!r} {why}.{nearest(short, known)} The suite has {', '.join(known)}."
        )
    kind = suite()[short]
    takes = kind.parameters if kind.defaults is None else set(kind.defaults)
    strange = sorted(set(parsed) - takes)
    if strange:
        allowed = ", ".join(sorted(takes)) or "none"
        raise UserError(
            f"games: {name!r} has the parameter {strange[0]!r}; {short} takes {allowed} here."
        )
    if kind.defaults is not None:
        parsed = {key: _typed(name, kind, key, parsed) for key in kind.defaults}
    spiel = _open(name, kind, parsed)
    defaults = kind.defaults
    if defaults is None:
        defaults = spiel.get_type().parameter_specification
    load_string = _string(short, {k: v for k, v in parsed.items() if v != defaults.get(k)})
    game = kind(_slug(short, load_string), load_string, spiel)
    if objection := game.objection():
        raise UserError(f"games: {name!r}: {objection}")
    return game


def _parse(text: str) -> dict[str, Any]:
    try:
        with quiet_stderr():
            return dict(pyspiel.game_parameters_from_string(text.replace(" ", "")))
    except pyspiel.SpielError as error:
        raise UserError(f"games: {text!r} is no load string: {_sentence(error)}") from error
    except TypeError as error:  # text that is no Unicode
        raise UserError(f"games: {text!r} is no load string.") from error


def _typed(name: str, kind: type[Game], key: str, parsed: dict[str, Any]) -> Any:
    """The value of a parameter of a game with its own name, of the type of its default."""
    default = (kind.defaults or {})[key]
    value = parsed.get(key, default)
    if type(default) is float and type(value) is int:
        return float(value)
    if type(value) is not type(default):
        what = {bool: "true or false", int: "a whole number", float: "a number"}
        raise UserError(
            f"games: {name!r}: {key} must be {what.get(type(default), 'a word')}, "
            f"found {_value(value)!r}."
        )
    return value


def _open(name: str, kind: type[Game], parameters: dict[str, Any]) -> pyspiel.Game:
    try:
        with quiet_stderr():
            return kind.open(parameters)
    except (pyspiel.SpielError, ValueError) as error:
        raise UserError(f"games: {name!r} cannot be loaded: {_sentence(error)}") from error


def _string(short: str, parameters: dict[str, Any]) -> str:
    inner = ",".join(f"{key}={_value(parameters[key])}" for key in sorted(parameters))
    return f"{short}({inner})" if inner else short


def _value(value: Any) -> str:
    if isinstance(value, dict):  # a game within the game, which OpenSpiel tells by its brackets
        inner = {key: part for key, part in value.items() if key != "name"}
        return _string(value["name"], inner) if inner else f"{value['name']}()"
    if isinstance(value, float):  # OpenSpiel reads no exponents
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
    """OpenSpiel's reason without source positions; its last line says the values."""
    text = str(error).split(" Available games are:")[0].splitlines()
    reason = text[-1] if text else "no reason given"
    return reason.rstrip(".") + "."


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Keep OpenSpiel from printing each error to stderr beside raising it."""
    sys.stderr.flush()
    saved = os.dup(2)
    with open(os.devnull, "w") as sink:  # noqa: PTH123 (a device, not a path of the user)
        os.dup2(sink.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)

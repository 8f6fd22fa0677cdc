"""Compare what a plug-in declares with the types that its class states.

Without this, a function that takes other arguments fails when it is called, in gamegrid's own code.
"""

import inspect
import re
import typing
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from inspect import isclass
from types import NoneType, UnionType
from typing import Any, ClassVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

STRICT = ConfigDict(arbitrary_types_allowed=True, strict=True)
MODULES = re.compile(r"~|\b(?:\w+\.)+(?=\w)")
"""What Python writes before the name of a type."""
LONGEST = 60
"""The most characters quoted from a value."""


def mistakes(kind: type, value: Any) -> Iterator[str]:
    """Yield a phrase for each part of a value that ``kind`` states otherwise.

    ``value`` is an instance of ``kind``, a dataclass, or a subclass of ``kind``. A phrase names the
    part, what it must be and what it is.
    """
    return _of_class(kind, value) if isclass(value) else _of_fields(kind, value, "")


def missing(interface: type, value: Any) -> Iterator[str]:
    """Yield a phrase for each method of a Protocol that a value lacks or takes otherwise."""
    for name, ours in vars(interface).items():
        if name.startswith("_") or not inspect.isfunction(ours):
            continue
        _, *wanted = inspect.signature(ours).parameters
        found = getattr(value, name, None)
        if found is None:
            yield f"has no method {name}({', '.join(wanted)})"
        elif not _takes(found, len(wanted)):
            other = f"{name}{inspect.signature(found)}" if callable(found) else _told(found)
            yield f"must have a method {name}({', '.join(wanted)}), not {other}"


def article(noun: str) -> str:
    """Return a noun with its article."""
    return f"{'an' if noun[0] in 'AEIOUaeiou' else 'a'} {noun}"


def _of_fields(kind: type, value: Any, inside: str) -> Iterator[str]:
    """Yield what is wrong with the fields of a dataclass, by the types that ``kind`` states."""
    hints = typing.get_type_hints(kind)
    for field in fields(kind):
        found, wanted = getattr(value, field.name), hints[field.name]
        if reason := misfit(found, wanted):
            yield f"{inside}{field.name} {reason}"
        elif is_dataclass(found) and not isclass(found):
            yield from _of_fields(type(found), found, f"{inside}{field.name}.")


def _of_class(base: type, value: type) -> Iterator[str]:
    """Yield what is wrong with the attributes and methods of a class, by those of its base."""
    for name, wanted in typing.get_type_hints(base).items():
        found = getattr(value, name, None)
        stated = typing.get_args(wanted)[0] if typing.get_origin(wanted) is ClassVar else wanted
        if found is not None and (reason := misfit(found, stated)):
            yield f"{name} {reason}"
    for name, ours in vars(base).items():
        theirs = inspect.getattr_static(value, name)
        if isinstance(ours, property) and not hasattr(theirs, "__get__"):
            if reason := misfit(theirs, typing.get_type_hints(ours.fget)["return"]):
                yield f"{name} {reason}"
        elif inspect.isroutine(ours) and not isinstance(theirs, staticmethod):
            wanted = list(inspect.signature(getattr(base, name)).parameters)
            found = getattr(value, name)
            if not _takes(found, len(wanted)):
                yield f"{name} must be a method ({', '.join(wanted)}), not {_told(found)}"


def misfit(found: Any, wanted: Any) -> str | None:
    """Return why a value is not of a type; None if it is."""
    union = typing.get_origin(wanted) in (typing.Union, UnionType)
    forms = typing.get_args(wanted) if union else (wanted,)
    if found is None and NoneType in forms:
        return None
    for form in forms:
        if typing.get_origin(form) is Callable:
            arguments, result = typing.get_args(form)
            if _takes(found, len(arguments)):
                return None
            what = f"{len(arguments)} argument{'' if len(arguments) == 1 else 's'}"
            stated = f"{what} ({', '.join(map(_word, arguments))}) that returns {_word(result)}"
            return f"must be a function of {stated}, not {_told(found)}"
    if any(_is(found, form) for form in forms):
        return None
    return f"must be {article(_word(wanted))}, not {_told(found)}"


def _is(found: Any, form: Any) -> bool:
    kind = typing.get_origin(form) or form
    if is_dataclass(kind):
        return isinstance(found, typing.cast(type, kind))
    try:
        TypeAdapter(form, config=STRICT).validate_python(found)
    except ValidationError:
        return False
    return True


def _takes(function: Any, arguments: int) -> bool:
    """Return whether something can be called with this many arguments by position."""
    if not callable(function):
        return False
    try:
        inspect.signature(function).bind(*range(arguments))
    except TypeError:
        return False
    except ValueError:  # some functions written in C state no signature
        return True
    return True


def _word(wanted: Any) -> str:
    """Return a type as its file writes it, without the names of modules."""
    return str(wanted.__name__) if isclass(wanted) else MODULES.sub("", str(wanted))


def _told(value: Any) -> str:
    if inspect.isfunction(value):
        return f"a function {inspect.signature(value)}"
    text = " ".join(repr(value).split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"

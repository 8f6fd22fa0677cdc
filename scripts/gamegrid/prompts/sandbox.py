"""The environment in which templates are rendered: they format text and can do nothing else.

A template may have been written by somebody else. It gets no Python object beyond the values it is
given, opens no file, imports no template, and is stopped if it builds a very large value.
"""

import re
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import jinja2
from jinja2.exceptions import SecurityError
from jinja2.filters import do_format
from jinja2.sandbox import ImmutableSandboxedEnvironment

LARGEST = 100_000
"""The largest number of items or characters that one step of a template may ask for."""
LARGEST_BITS = 4096
"""The size of the largest integer that a template may compute."""
LONGEST = 4_000_000
"""The longest text that a template may render, in characters."""
_DIGITS = re.compile(r"\d{1,18}")
WIDENING = ("center", "indent", "batch", "slice")
"""Filters that fill up with as many characters or items as an argument says."""


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja without access to Python, and with limits."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        del self.globals["lipsum"]  # makes as much text as it is told to
        for name in WIDENING:
            self.filters[name] = _bounded(self.filters[name])
        self.filters["format"] = _format

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Compute ``left operator right``. Raises SecurityError if the result would be large."""
        if _size(operator, left, right) > LARGEST:
            raise SecurityError(f"the result of {operator} is too large")
        return super().call_binop(context, operator, left, right)

    def call(self, context: Any, called: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call ``called``. Raises SecurityError if a text's method is asked for a long text."""
        text = getattr(called, "__self__", None)
        if isinstance(text, str | bytes):
            _check((*args, *kwargs.values()))
        if isinstance(text, str) and called.__name__ in ("format", "format_map"):
            _check((_format_width(text, ()),))
        return super().call(context, called, *args, **kwargs)


def joined(parts: Any) -> str:
    """Join the parts of a rendered text. Raises SecurityError if it becomes very long."""
    kept, length = list[str](), 0
    for part in parts:
        kept.append(part)
        length += len(part)
        if length > LONGEST:
            raise SecurityError(f"the text is longer than {LONGEST:,} characters")
    return "".join(kept)


def _size(operator: str, left: Any, right: Any) -> int:
    """Estimate the size of a result: its length, or 0 for a number of a reasonable size."""
    match operator, left, right:
        case "*", int(), int():
            return _too_wide(left.bit_length() + right.bit_length())
        case "*", int(), Sequence():
            return left * len(right)
        case "*", Sequence(), int():
            return right * len(left)
        case "**", int(), int():
            return _too_wide(left.bit_length() * abs(right))
        case "%", str(), _:
            return _format_width(left, right if isinstance(right, tuple) else (right,))
    return 0


def _too_wide(bits: int) -> int:
    return LARGEST + 1 if bits > LARGEST_BITS else 0


def _format_width(text: str, values: Sequence[Any]) -> int:
    """Return the largest width that a format may ask for."""
    stated = [int(digits) for digits in _DIGITS.findall(text)]
    given = [abs(each) for each in values if isinstance(each, int)] if "*" in text else []
    return max([0, *stated, *given])


def _format(value: str, *args: Any, **kwargs: Any) -> str:
    if _format_width(value, args) > LARGEST:
        raise SecurityError("a format is too wide")
    return do_format(value, *args, **kwargs)


def _bounded(filtering: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(filtering)
    def bounded(value: Any, *args: Any, **kwargs: Any) -> Any:
        _check((*args, *kwargs.values()))
        return filtering(value, *args, **kwargs)

    return bounded


def _check(arguments: Sequence[Any]) -> None:
    if any(isinstance(each, int) and abs(each) > LARGEST for each in arguments):
        raise SecurityError(f"a number is larger than {LARGEST:,}")


def environment(**options: Any) -> jinja2.Environment:
    """Return a sandboxed environment in which an unknown name is an error."""
    return Sandbox(undefined=jinja2.StrictUndefined, **options)

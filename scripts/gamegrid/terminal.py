r"""Output for people: text from servers, models and files cannot control a terminal.

Control characters, escape sequences, and characters that reorder or hide text are written as
Python writes them, such as ``\x1b``. ``plain_output`` does this for everything a process prints. It
ends the process without a word if nobody reads on, as in ``gamegrid leaderboard | head``.
"""

import os
import re
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode's categories of characters that are escaped: controls, formats, surrogates, unassigned
and private characters, and line separators."""
SUSPECT = re.compile(r"[^\n\t\x20-\x7e]")
RESET = "\033[0m"
RED = "\033[31m"
ERASE = "\r\033[K"
"""Goes back to the beginning of a terminal's line and erases it."""
CLEAR = "\033[H\033[2J"
"""Clears a terminal and goes to its upper left corner."""


def plain(text: str) -> str:
    """Return the text with unprintable characters escaped, except line ends and tabs."""
    return SUSPECT.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    if unicodedata.category(character) not in UNPRINTABLE:
        return character
    return character.encode("unicode_escape").decode("ascii")


class ReaderGone(SystemExit):
    """Ends the process: the program that read its output has ended. That is no failure."""

    def __init__(self) -> None:
        super().__init__(0)


class PlainStream:
    """A text stream that escapes what is written to it, and is otherwise the stream inside.

    Raises ReaderGone if it is a pipe that nobody reads any more.
    """

    def __init__(self, inside: Any) -> None:
        self.inside = inside

    def write(self, text: str) -> int:
        """Write the text, escaped. Returns the length of the given text."""
        self.write_unchanged(plain(text))
        return len(text)

    def write_unchanged(self, text: str) -> None:
        """Write text that may control the terminal."""
        try:
            self.inside.write(text)
        except BrokenPipeError:
            _discard_output(self.inside)
            raise ReaderGone from None

    def flush(self) -> None:
        """Write out what the stream holds."""
        try:
            self.inside.flush()
        except BrokenPipeError:
            _discard_output(self.inside)
            raise ReaderGone from None

    def writelines(self, lines: Any) -> None:
        """Write the lines, escaped."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inside, name)


class LastingStream:
    """A text stream that goes nowhere once its terminal is closed or its reader has ended.

    For processes that must go on without: they wait for replies that are paid for.
    """

    def __init__(self, inside: Any) -> None:
        self.inside = inside

    def write(self, text: str) -> int:
        """Write the text, if it can be written. Returns its length."""
        try:
            self.inside.write(text)
        except OSError:
            _discard_output(self.inside)
        return len(text)

    def flush(self) -> None:
        """Write out what the stream holds, if it can be written."""
        try:
            self.inside.flush()
        except OSError:
            _discard_output(self.inside)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inside, name)


def _discard_output(stream: Any) -> None:
    """Lead all further output nowhere, since Python writes out the rest when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


@contextmanager
def plain_output(*, outlives_reader: bool = False) -> Iterator[None]:
    """Escape everything that is written to standard output and standard error.

    Raises ReaderGone if nobody reads it any more. With ``outlives_reader``, the work goes on: a job
    must file the replies that it has paid for, even if the terminal is gone.
    """
    before: tuple[Any, Any] = sys.stdout, sys.stderr
    for name, stream in zip(("stdout", "stderr"), before, strict=True):
        if stream is not None and not isinstance(stream, PlainStream):
            inside = LastingStream(stream) if outlives_reader else stream
            setattr(sys, name, PlainStream(inside))
    try:
        yield
    finally:
        now: tuple[Any, Any] = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = before
        for stream in now:
            if stream is not None:
                stream.flush()


def wrapped(text: str, columns: int) -> str:
    """Return the text with lines of at most so many columns; words that are longer stay whole.

    The rest of a line is indented, so that the line can still be told from the next.
    """
    lines = []
    for line in text.split("\n"):
        indent = " " * (len(line) - len(line.lstrip(" ")))
        lines += textwrap.wrap(
            line, columns, subsequent_indent=f"{indent}  ", break_long_words=False,
            break_on_hyphens=False, drop_whitespace=True, replace_whitespace=False,
        ) or [""]  # fmt: skip
    return "\n".join(lines)


def duration(seconds: float) -> str:
    """Return a duration to two digits in its largest fitting unit."""
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.2g} {unit}"
    return f"{seconds:.0f} s"


def columns_of(stream: Any) -> int | None:
    """Return the width of the terminal that a stream writes to; None if it is none."""
    inside = stream.inside if isinstance(stream, PlainStream) else stream
    return shutil.get_terminal_size().columns if inside is not None and inside.isatty() else None


def clear_screen() -> bool:
    """Clear the terminal that standard output writes to. Returns False if it is no terminal."""
    stream: Any = sys.stdout
    if columns_of(stream) is None:
        return False
    inside = stream.inside if isinstance(stream, PlainStream) else stream
    inside.write(CLEAR)
    return True


def print_wrapped(text: str) -> None:
    """Print text for people: wrapped at the width of a terminal, as it is into a file or a pipe."""
    columns = columns_of(sys.stdout)
    print(text if columns is None else wrapped(text, columns))


def print_coloured(text: str, colour: str) -> None:
    """Print a line in a colour, if standard output is a terminal; ``colour`` is its sequence."""
    stream: Any = sys.stdout
    shown = plain(text)
    if stream.isatty() and isinstance(stream, PlainStream):
        stream.write_unchanged(f"{colour}{shown}{RESET}\n")
    else:
        print(f"{colour}{shown}{RESET}" if stream.isatty() else shown)

"""Text from others cannot control a terminal, and ordinary text stays as it is."""

import io
import logging
import os
import sys

import pytest

from gamegrid.__main__ import main
from gamegrid.commands.command import Command
from gamegrid.errors import UserError
from gamegrid.jobs.run import SafeFormatter
from gamegrid.terminal import LastingStream, PlainStream, plain, plain_output, print_coloured

HOSTILE = [
    "\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "\r", "\x08\x08", "\u202e", "\u2066", "\ufeff",
    "\u2028", "\ud800", "\x00", "\U000e0041",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_what_controls_a_terminal_is_escaped(text: str) -> None:
    shown = plain(f"a{text}b")
    assert shown.isprintable() and shown.startswith("a") and shown.endswith("b")
    assert shown.encode() and all(c not in shown for c in text if not c.isprintable())


@pytest.mark.parametrize("text", ["a\n\tb", "Zug: König → f3 ♔", "走子 é", "12\u00a0000"])
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert plain(text) == text


def test_everything_printed_is_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout, sys.stderr
    with plain_output():
        print("a\x1b[1mb")
        print("c\u202ed", file=sys.stderr)
        sys.stdout.writelines(["e\x07", "f\n"])
    assert (sys.stdout, sys.stderr) == before
    printed = capsys.readouterr()
    assert printed.out == "a\\x1b[1mb\ne\\x07f\n"
    assert printed.err == "c\\u202ed\n"


def test_only_our_own_colour_reaches_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    inside = Terminal()
    monkeypatch.setattr(sys, "stdout", PlainStream(inside))
    print_coloured("bad\x1b[32m", "\033[31m")
    assert inside.getvalue() == "\033[31mbad\\x1b[32m\033[0m\n"


def test_an_error_is_escaped_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "gamegrid.__main__._command", lambda _: Command("Fail", lambda _: None, _fail)
    )
    assert main(["journal"]) == 1
    assert capsys.readouterr().err == "gamegrid: a server said \\x1b[2J\n"


def _fail(_: object) -> int:
    """Fail as a command that reads a hostile file."""
    raise UserError("a server said \x1b[2J")


def test_a_log_line_holds_no_control_and_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "sk-canary-4f1d9a7735e1")
    try:
        raise ValueError("sk-canary-4f1d9a7735e1 \x1b[2J")
    except ValueError:
        told = sys.exc_info()
    record = logging.LogRecord("x", logging.ERROR, "", 1, "said %s", ("a\x1b[31m",), told)
    line = SafeFormatter("%(message)s").format(record)
    assert "\x1b" not in line and "4f1d9a" not in line and "ValueError: *** \\x1b[2J" in line


def test_a_lasting_stream_goes_on_without_its_reader() -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as inside:
        os.close(reader)
        stream = LastingStream(inside)
        assert stream.write("a\n" * 10_000) == 20_000
        stream.flush()
        # Neither what the stream still holds nor what is written later raises any more.
        print("b", file=inside, flush=True)

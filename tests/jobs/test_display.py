"""The live line is rewritten in place on a terminal, never longer than it, and nowhere else."""

import os
import pty
import select
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TextIO

import pytest

from gamegrid.jobs.display import Display, cut
from gamegrid.terminal import ERASE, wrapped


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[TextIO, int]]:
    """A real terminal of 80 columns: what a program writes to, and what a person sees."""
    monkeypatch.setenv("COLUMNS", "80")
    screen, program = pty.openpty()
    with os.fdopen(program, "w") as stream:
        yield stream, screen
    os.close(screen)


def seen(screen: int) -> str:
    text = b""
    while select.select([screen], [], [], 0.2)[0]:
        text += os.read(screen, 100_000)
    return text.decode().replace("\r\n", "\n")


def test_a_line_said_takes_the_place_of_the_live_one_which_follows(
    terminal: tuple[TextIO, int],
) -> None:
    stream, screen = terminal
    display = Display(stream)
    display.draw("1 of 9")
    display.draw("2 of 9")
    display.say("something happened")
    display.draw("")
    assert seen(screen) == f"1 of 9{ERASE}2 of 9{ERASE}something happened\n2 of 9{ERASE}"


def test_nothing_is_wider_than_the_terminal(terminal: tuple[TextIO, int]) -> None:
    stream, screen = terminal
    display = Display(stream)
    display.draw(", ".join(f"part {number} of the line" for number in range(20)))
    display.say("a reason that takes many words, " * 20)
    lines = [line.split("\r")[-1] for line in seen(screen).replace(ERASE, "\n").split("\n")]
    assert len(lines) > 8
    assert max(map(len, lines)) <= 80


def test_no_control_sequence_reaches_a_file(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w+", encoding="utf-8") as stream:
        display = Display(stream)
        display.draw("1 of 9")
        display.say("hostile \033[2J text", "\033[31m", "\033[0m")
        stream.seek(0)
        assert stream.read() == "hostile \\x1b[2J text\n"


def test_a_run_goes_on_if_nobody_reads_any_more() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    stream = os.fdopen(writer, "w")
    display = Display(stream)
    display.say("lost")
    display.draw("lost")
    with suppress(BrokenPipeError):
        stream.close()


def test_the_end_of_a_line_is_cut_at_a_comma() -> None:
    assert cut("12 of 90 episodes, 30 replies at 20/min, about 3 min left", 40) == (
        "12 of 90 episodes, 30 replies at 20/min"
    )
    assert cut("word" * 30, 10) == "wordwordwo"


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_wrapped_text_keeps_its_words_and_indents(columns: int) -> None:
    text = "head: " + "some words " * 30 + "\n  part\n\n" + "x" * 200
    shown = wrapped(text, columns)
    assert shown.split() == text.split()
    assert all(len(line) <= columns for line in shown.split("\n") if "x" not in line)
    assert "\n  part\n\n" in shown

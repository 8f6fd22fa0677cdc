"""The command ``gamegrid``: its subcommands, their help, and how each kind of failure ends."""

import os
import re
import signal
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest

import gamegrid.__main__
from gamegrid.__main__ import INTERRUPTED, main
from gamegrid.commands.command import Command
from gamegrid.errors import UserError

GAMEGRID = [sys.executable, "-m", "gamegrid"]
NAMES = sorted(
    path.stem.removesuffix("_command").replace("_", "-")
    for path in (Path(gamegrid.__main__.__file__).parent / "commands").glob("*_command.py")
)


def start(*arguments: str, folder: Path) -> subprocess.Popen[str]:
    """Start the command in a folder."""
    scripts = str(Path(gamegrid.__main__.__file__).parents[1])
    return subprocess.Popen(
        [*GAMEGRID, *arguments], cwd=folder, text=True, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | {"PYTHONPATH": scripts},
    )  # fmt: skip


def test_the_overview_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    lines = capsys.readouterr().out.partition("COMMAND\n")[2]
    assert re.findall(r"^    ([a-z-]+)", lines, re.MULTILINE) == NAMES


def test_no_command_prints_the_overview_and_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "leaderboard" in capsys.readouterr().out


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_help_that_begins_as_a_sentence(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    usage, about, *_ = capsys.readouterr().out.split("\n\n")
    assert usage.startswith(f"usage: gamegrid {name} ")
    assert about[0].isupper() and about.endswith(".") and "%%" not in about


def test_an_unknown_command_is_answered_with_the_nearest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["leaderbord"]) == 2
    said = capsys.readouterr().err
    assert "unknown command 'leaderbord'. Did you mean 'leaderboard'?" in said


@pytest.mark.parametrize("name", ["command", "runner", "inspect-log"])
def test_a_module_without_a_command_is_unknown(name: str) -> None:
    assert main([name]) == 2


def test_an_unknown_option_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["leaderboard", "--colour"])
    assert ended.value.code == 2
    assert "usage: gamegrid leaderboard" in capsys.readouterr().err


def test_a_mistake_of_the_user_is_one_line_and_exits_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["leaderboard", str(tmp_path)]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("gamegrid: ") and printed.err.count("\n") == 1


@pytest.mark.parametrize("error", [KeyboardInterrupt(), UserError("x"), ValueError("a bug")])
def test_each_failure_has_its_exit_code(error: BaseException) -> None:
    def run(given: Namespace) -> int:
        raise error

    command = Command("Fail", lambda parser: None, run)
    match error:
        case KeyboardInterrupt():
            assert gamegrid.__main__._run(command, Namespace()) == INTERRUPTED
        case UserError():
            assert gamegrid.__main__._run(command, Namespace()) == 1
        case _:
            with pytest.raises(ValueError, match="a bug"):
                gamegrid.__main__._run(command, Namespace())


@pytest.mark.parametrize(
    "line",
    [
        ["--help"], *([name, "--help"] for name in NAMES), ["no_such_command"],
        ["leaderboard", "nowhere"], ["leaderboard", "--no-such-option"], ["rate", "matches.csv"],
        ["init", "study"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_reader_that_leaves_early_causes_no_error(
    line: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Standard output and standard error are one pipe, whose reader has gone."""
    monkeypatch.chdir(tmp_path)
    Path("matches.csv").write_text(
        "match,game,agent,seat,result\n1,g,a,0,win\n1,g,b,1,loss\n2,g,a,0,loss\n2,g,b,1,win\n"
    )
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        monkeypatch.setattr(sys, "stderr", pipe)
        with pytest.raises(SystemExit) as ended:
            main(line)
        assert ended.value.code == 0


def test_the_process_ends_without_a_word_if_its_reader_has_left(tmp_path: Path) -> None:
    matches = tmp_path / "matches.csv"
    rows = [
        f"{number},chess,{name},{seat},{result}"
        for number in range(200)
        for seat, (name, result) in enumerate([(f"a{number % 40}", "win"), ("b" * 3000, "loss")])
    ]
    matches.write_text("\n".join(["match,game,agent,seat,result", *rows]))
    job = start("rate", str(matches), folder=tmp_path)
    assert job.stdout is not None and job.stderr is not None
    job.stdout.close()
    assert job.stderr.read() == ""
    assert job.wait() == 0


def test_ctrl_c_ends_without_a_stack_trace(tmp_path: Path) -> None:
    fifo = tmp_path / "matches.csv"
    os.mkfifo(fifo)
    job = start("rate", str(fifo), folder=tmp_path)
    with fifo.open("w"):  # opens once the command reads
        job.send_signal(signal.SIGINT)
        _, errors = job.communicate(timeout=30)
    assert job.returncode == INTERRUPTED
    assert "Traceback" not in errors

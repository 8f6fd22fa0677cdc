"""What ``gamegrid view`` refuses, and that it ends cleanly."""

import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from gamegrid.__main__ import main
from gamegrid.commands import view_command
from workflow_runs import environment


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["none"], "there is no folder 'none'"),
        (["results", "--configfile", "none.yaml"], "cannot read 'none.yaml'"),
        (["results", "--port", "70000"], "--port: 70000 is not between 1024 and 65535"),
        (["file"], "file is not a folder"),
        (["linked"], "is a link"),
    ],
)
def test_bad_arguments_are_one_sentence(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("")
    Path("results").mkdir()
    Path("linked").mkdir()
    Path("linked/chunks").symlink_to("/")
    assert main(["view", *arguments]) == 1
    told = capsys.readouterr().err
    assert said in told and told.count("\n") == 1


def test_a_port_that_is_taken_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert main(["view", str(tmp_path), "--port", str(taken.getsockname()[1])]) == 1
    assert "is taken by another program" in capsys.readouterr().err


@pytest.mark.parametrize("name", view_command.PACKAGES)
def test_a_missing_package_is_named_with_the_way_to_install_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(view_command, "find_spec", lambda wanted: None if wanted == name else 1)
    assert main(["view", str(tmp_path)]) == 1
    told = capsys.readouterr().err
    assert f"needs the package {name}" in told and "pip install" in told and "report" in told


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_a_signal_ends_it(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "results").mkdir()
    serving = subprocess.Popen(
        [sys.executable, "-m", "gamegrid", "view", "--port", "0"],
        cwd=tmp_path, env={**environment(), "TMPDIR": str(tmp_path)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert serving.stdout is not None
    address = re.findall(r"http://127\.0\.0\.1:\d+/\?key=\S+", serving.stdout.readline())[0]
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    assert opener.open(address.replace("/?", "/live?")).status == 200
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(address.partition("?")[0])
    serving.send_signal(number)
    said, complained = serving.communicate(timeout=30)
    assert (serving.returncode, complained) == (0, "")
    assert said.endswith("Ended.\n")
    # Nothing is left behind, in the results or beside them.
    assert [path.name for path in tmp_path.rglob("*")] == ["results"]

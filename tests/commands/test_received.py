"""Results from somebody else run no code, and touch no file outside their folder."""

import csv
import json
import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

import strangers
from gamegrid.__main__ import main
from gamegrid.errors import UserError
from gamegrid.jobs import preconditions, verify, workflow
from gamegrid.records import stamp
from strangers import ATTACKS

NIGHTLY = pytest.mark.nightly
HARMLESS = ("plug-ins by their folder", "a look at three billion deals")
"""Attacks on what nothing reads any more: verify says that the results are equal."""
MEMORY = 3_000_000_000
"""Bytes that reading results may take beyond what the tests have already taken."""

Command = Callable[[Path, Path], object]


COMMANDS: dict[str, Command] = {
    "verify": lambda results, other: print(verify.verify(results, other)),
    "leaderboard": lambda results, other: main(["leaderboard", str(results)]),
    "traces": lambda results, other: main(
        ["export", "traces", str(other / "t.csv"), "--results", str(results)]
    ),
    "chat": lambda results, other: main(
        ["export", "chat", str(other / "t.jsonl"), "--results", str(results)]
    ),
    "inspect": lambda results, other: main(
        ["export", "inspect", str(other / "logs"), "--results", str(results)]
    ),
    "replay": lambda results, other: main(
        ["replay", "kuhn_poker:optimal--random:0:0", "--results", str(results)]
    ),
    "page": lambda results, other: main(
        ["replay", "kuhn_poker:optimal--random:0:0", f"--page={other}/p", f"--results={results}"]
    ),
    "list": lambda results, other: main(["journal", "list", str(results)]),
    "compress": lambda results, other: main(["journal", "compress", str(results)]),
    "merge": lambda results, other: main(["merge", str(results), "--into", str(other / "results")]),
    "run": lambda results, other: preconditions.check_before_play(
        workflow.prepare(strangers.GRID, results.parent, results, main=True),
        results,
    ),
}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return strangers.make(tmp_path_factory.mktemp("good"))


@pytest.fixture
def received(good: Path, tmp_path: Path) -> Path:
    """A copy of good results, beside the bait and a folder of the reader's own."""
    shutil.copytree(good, tmp_path / "theirs/results")
    (tmp_path / "bait").mkdir()
    (tmp_path / "bait/secret.txt").write_text(strangers.SECRET)
    (tmp_path / "bait/evil.jinja").write_text("{{ 1 }}")
    (tmp_path / "own/results/chunks").mkdir(parents=True)
    shutil.copy(good / stamp.NAME, tmp_path / "own/results")
    return tmp_path / "theirs/results"


@contextmanager
def bounded_memory() -> Iterator[None]:
    """Refuse more memory than reading results may take."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def test_good_results_pass(received: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in COMMANDS.values():
        command(received, received.parents[1] / "own")
    told = capsys.readouterr()
    assert told.out.startswith("equal: 4 episodes")
    assert not told.err


DAILY = ("verify", "leaderboard", "merge", "run")


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "commands",
    [pytest.param(DAILY, id="daily"), pytest.param((*COMMANDS,), id="all", marks=NIGHTLY)],
)
@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_told_and_does_nothing(
    name: str,
    commands: tuple[str, ...],
    received: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bait = tmp_path / "bait"
    ATTACKS[name](received, bait)
    before = sorted(path.name for path in bait.iterdir())
    refused = 0
    for command in commands:
        try:
            with bounded_memory():
                COMMANDS[command](received, tmp_path / "own")
        except UserError as error:
            refused += 1
            print(error)
    told = "".join(capsys.readouterr())
    assert "Traceback" not in told
    assert strangers.SECRET not in told
    assert strangers.SECRET not in "".join(
        path.read_text(errors="replace") for path in (tmp_path / "own").rglob("*") if path.is_file()
    )
    assert sorted(path.name for path in bait.iterdir()) == before
    assert (bait / "secret.txt").read_text() == strangers.SECRET
    assert "equal: " in told if name in HARMLESS else refused or "gamegrid: " in told


def test_a_plug_in_is_named_that_the_reader_must_bring(received: Path, tmp_path: Path) -> None:
    ATTACKS["plug-ins by name"](received, tmp_path / "bait")
    with pytest.raises(UserError, match=r"'evil/evil.py' \(it adds a game, SHA-256 0{64}\)"):
        verify.verify(received, tmp_path)


NAMES = (
    "../../../bait/x",
    "/bait/x",
    "<script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "=cmd|'/c calc'!A0",
    "\x1b[2J\x1b]0;x\x07",
    "a\nb\u202e\u2028",
    "]]><![CDATA[",
    "{{ 7 * 7 }}",
    "x" * 300,
)


@pytest.mark.parametrize("name", NAMES)
def test_names_in_a_database_are_text_and_nothing_else(
    name: str, result_set: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An agent's name, a game's and a reply, as a stranger's database may have them."""
    results = tmp_path / "a/b/results"
    results.mkdir(parents=True)
    shutil.copy(result_set / "gamegrid.duckdb", results)
    with duckdb.connect(str(results / "gamegrid.duckdb")) as connection:
        connection.execute("UPDATE calls SET reply = ?, reasoning = ?", [name, name])
        for table in ("seats", "decisions", "agents"):
            connection.execute(f"UPDATE {table} SET agent = ? WHERE agent = 'alone'", [name])
    logs, page = tmp_path / "a/b/logs", tmp_path / "a/p.html"
    assert main(["export", "inspect", str(logs), "--results", str(results)]) == 0
    written = [path for path in tmp_path.rglob("*.json") if path.is_file()]
    assert written
    assert all(path.parent == logs for path in written)
    assert all(json.loads(path.read_text("utf-8"))["samples"] for path in written)
    episode = "tic_tac_toe:alone--random:0:0"
    assert main(["replay", episode, "--page", str(page), "--results", str(results)]) == 0
    assert main(["replay", episode, "--results", str(results)]) == 0
    assert main(["export", "traces", f"{tmp_path}/a/t.csv", f"--results={results}"]) == 0
    with (tmp_path / "a/t.csv").open(newline="", encoding="utf-8") as file:
        assert {row["reply"] for row in csv.DictReader(file)} == {name}
    assert ("begin as formulas do" in capsys.readouterr().err) == (name[0] in "=+-@")
    if "<" in name:
        assert name not in page.read_text("utf-8")
    assert "\x1b" not in capsys.readouterr().out

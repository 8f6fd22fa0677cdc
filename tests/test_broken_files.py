"""Thousands of broken files and command lines: each is taken, or refused in a sentence."""

import io
import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
import yaml

import broken_files
import mutants
import strangers
from gamegrid.__main__ import main
from gamegrid.backends import packaged, providers
from gamegrid.config import load, models
from gamegrid.errors import UserError
from gamegrid.jobs import preconditions, verify, workflow
from gamegrid.jobs.status import show
from gamegrid.plan import plan
from gamegrid.stats.matchfile import read_matches

FAULTS = pytest.mark.faults
MATCHES = "match,game,agent,seat,result\n1,g,a,0,win\n1,g,b,1,loss\n2,g,a,0,draw\n2,g,b,1,draw\n"
MODELS = yaml.safe_dump({"models": [mutants.ENTRY, "hf_gpt2", {"name": "litellm_openai/x"}]})
ENV = "OPENAI_API_KEY=abc\n# a comment\nexport OTHER='x y'\n"


def seeds(daily: int, number: int, parts: int = 5) -> list[object]:
    """A small campaign for every day, and ``parts`` large ones."""
    return [(1, daily), *(pytest.param(s, number, marks=FAULTS) for s in range(2, 2 + parts))]


def campaign(number: int, once: Callable[[], object], kept: list[str]) -> Counter[str]:
    """Call ``once`` many times; a sentence is fine, anything else names what was tried."""
    outcomes = Counter[str]()
    for _ in range(number):
        try:
            once()
            outcomes["taken"] += 1
        except UserError as error:
            outcomes["refused"] += 1
            assert str(error).strip()
        except Exception as error:
            raise AssertionError(f"no sentence for {kept[-1]!r}") from error
    return outcomes


@pytest.mark.timeout(3000)
@pytest.mark.parametrize(("seed", "number"), seeds(120, 2000))
def test_a_grid_file_is_planned_or_refused(
    seed: int, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in [key for key in os.environ if key.endswith("_API_KEY")]:
        monkeypatch.delenv(key)
    luck, kept = Random(seed), [""]
    goods = [yaml.safe_dump(config, sort_keys=False) for config in mutants.shipped().values()]

    def once() -> None:
        path = tmp_path / "grid.yaml"
        path.write_bytes(broken_files.text(luck.choice(goods), luck))
        kept[-1] = str(path.read_bytes())
        made = workflow.prepare(load.read_yaml(path), tmp_path, tmp_path / "results", main=True)
        preconditions.check_before_play(made, tmp_path / "results")
        for cell in made.grid.cells[:3]:
            assert made.identity.params(cell)

    outcomes = campaign(number, once, kept)
    assert min(outcomes["taken"], outcomes["refused"]) > number / 40, outcomes


FILES: dict[str, tuple[str, Callable[[Path], object]]] = {
    "models.yaml": (MODELS, lambda path: models.read_files([str(path)], path.parent)),
    "matches.csv": (MATCHES, read_matches),
    ".env": (ENV, lambda path: providers.read_settings(path.parent)),
}


@pytest.mark.timeout(3000)
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(("seed", "number"), seeds(100, 400))
def test_a_file_is_read_or_refused(name: str, seed: int, number: int, tmp_path: Path) -> None:
    luck, kept = Random(seed), [""]
    good, read = FILES[name]

    def once() -> None:
        (tmp_path / name).write_bytes(broken_files.text(good, luck))
        kept[-1] = str((tmp_path / name).read_bytes())
        read(tmp_path / name)

    campaign(number, once, kept)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return strangers.make(tmp_path_factory.mktemp("good"))


@pytest.mark.timeout(3000)
@pytest.mark.parametrize(
    ("seed", "number"), [(1, 100), pytest.param(2, 2000, marks=pytest.mark.nightly)]
)
def test_a_command_line_is_done_or_refused(
    seed: int,
    number: int,
    good: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Snakemake is not started, and no model is downloaded."""
    luck = Random(seed)
    monkeypatch.setattr(os, "execv", lambda program, words: None)
    monkeypatch.setattr(packaged, "fetch", lambda model, folder: None)
    shutil.copytree(good, tmp_path / "results")
    shutil.copytree(good, tmp_path / "other")
    (tmp_path / "grid.yaml").write_text(yaml.safe_dump(strangers.GRID))
    (tmp_path / "broken.yaml").write_bytes(b"games: [\xff")
    (tmp_path / "matches.csv").write_text(MATCHES)
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)
    for _ in range(number):
        monkeypatch.setattr(sys, "stdin", io.StringIO("x\n?\n1\n"))
        line = broken_files.words(luck)
        try:
            code = main(line)
        except SystemExit as end:  # argparse
            code = int(end.code or 0)
        except BaseException as error:
            raise AssertionError(f"no sentence for {line!r}") from error
        told = capsys.readouterr()
        assert code in (0, 1, 2), line
        assert "Traceback" not in told.err, line
        assert code == 0 or told.err.strip() or told.out.strip(), line


@pytest.mark.timeout(3000)
@pytest.mark.parametrize(("seed", "number"), seeds(12, 150))
def test_a_results_folder_is_read_or_refused(
    seed: int, number: int, good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    luck, kept = Random(seed), [""]
    results = tmp_path / "results"
    made = plan.make(strangers.GRID, tmp_path)
    episode = "kuhn_poker:optimal--random:0:0"
    commands: list[Callable[[], object]] = [
        lambda: verify.verify(results, tmp_path),
        lambda: main(["leaderboard", str(results)]),
        lambda: main(["export", "traces", str(tmp_path / "t.csv"), "--results", str(results)]),
        lambda: main(["export", "inspect", str(tmp_path / "logs"), "--results", str(results)]),
        lambda: main(["replay", episode, "--results", str(results)]),
        lambda: main(["journal", luck.choice(("list", "verify", "compress")), str(results)]),
        lambda: main(["merge", str(results), "--into", str(tmp_path / "ours")]),
        lambda: preconditions.check_before_play(
            workflow.prepare(strangers.GRID, tmp_path, tmp_path / "results", main=True), results
        ),
        lambda: show(
            workflow.prepare(strangers.GRID, tmp_path, tmp_path / "results", main=True) and made,
            results,
        ),
    ]

    def once() -> None:
        for folder in (results, tmp_path / "ours"):
            shutil.rmtree(folder) if folder.is_dir() else folder.unlink(missing_ok=True)
        shutil.copytree(good, results)
        (tmp_path / "ours/chunks").mkdir(parents=True)
        shutil.copy(good / "stamp.json", tmp_path / "ours")
        kept[-1] = str(broken_files.spoil_folder(results, luck))
        for command in luck.sample(commands, 3):
            try:
                command()
            except UserError as error:
                assert str(error).strip()

    campaign(number, once, kept)
    assert "Traceback" not in "".join(capsys.readouterr())

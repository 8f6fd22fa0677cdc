"""The hash of a free rule changes only with the code that the rule runs."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gamegrid import plugins
from gamegrid.jobs.code_hash import code_files, code_hash
from gamegrid.paths import WORKFLOW

RULES = "\n".join(path.read_text("utf-8") for path in sorted((WORKFLOW / "rules").glob("*.smk")))
ENTRIES = sorted(set(re.findall(r'code_hash, "([\w.]+)"\)', RULES)))
LOADED = """
import sys
sys.path.insert(0, sys.argv[1])
import importlib
importlib.import_module("gamegrid." + sys.argv[2])
print("\\n".join(m.__file__ for n, m in sys.modules.items() if n.startswith("gamegrid")))
"""


def test_rules_with_a_hash_are_found() -> None:
    assert 0 < len(ENTRIES) == RULES.count("code_hash")


@pytest.mark.parametrize("module", ENTRIES)
def test_a_hash_covers_every_module_that_is_loaded(module: str) -> None:
    scripts = str(WORKFLOW / "scripts")
    loaded = subprocess.check_output([sys.executable, "-c", LOADED, scripts, module], text=True)
    files = {Path(line) for line in loaded.split() if Path(line).name != "__init__.py"}
    assert files
    assert files - code_files(module) == set()


@pytest.mark.parametrize(
    ("module", "file"),
    [
        ("analysis.judge", "games/nim.py"),
        ("analysis.judge", "oracles/minimax.py"),
        ("store.database", "store/views/leaderboard.sql"),
        ("store.database", "analysis/reasoning.yaml"),
        ("report.page", "report/boards/nim_board.py"),
        ("report.drawing", "report/figures/ratings_figure.py"),
    ],
)
def test_plug_ins_and_data_files_count(module: str, file: str) -> None:
    assert WORKFLOW / "scripts/gamegrid" / file in code_files(module)


def test_a_user_s_file_counts_where_its_hook_does(tmp_path: Path) -> None:
    rules = ("report.drawing", "report.page", "analysis.judge", "store.tables")
    before = {rule: code_hash(rule) for rule in rules}
    (tmp_path / "mine.py").write_text(
        "from dataclasses import replace\n"
        "from gamegrid.report.figures.latency_figure import FIGURE\n"
        "FIGURE = replace(FIGURE, name='mine')\n"
    )
    with plugins.using([tmp_path]):
        assert [rule for rule in rules if code_hash(rule) != before[rule]] == list(rules[:2])
    assert {rule: code_hash(rule) for rule in rules} == before


def test_what_is_not_imported_does_not_count() -> None:
    files = code_files("store.tables")
    assert not any("backends" in file.parts or "games" in file.parts for file in files)
    assert not any(file.suffix == ".sql" for file in code_files("analysis.references"))


def test_contents_count_and_times_do_not(tmp_path: Path) -> None:
    scripts = tmp_path / "scripts"
    shutil.copytree(
        WORKFLOW / "scripts/gamegrid",
        scripts / "gamegrid",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    ask = "from gamegrid.jobs.code_hash import code_hash; print(code_hash('analysis.judge'))"

    def hashed() -> str:
        command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(scripts)!r}); {ask}"]
        return subprocess.check_output(command, text=True)

    before = hashed()
    source = scripts / "gamegrid/games/nim.py"
    source.touch()
    assert hashed() == before
    source.write_text(source.read_text("utf-8") + "# edited\n", encoding="utf-8")
    assert hashed() != before

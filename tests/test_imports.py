"""Jobs without models need no model libraries, which load only where they are used."""

import json
import subprocess
import sys
from pathlib import Path

from gamegrid.paths import WORKFLOW

HEAVY = (
    "torch", "transformers", "tokenizers", "litellm", "vllm", "aiohttp", "openai", "altair",
    "vl_convert",
)  # fmt: skip

IMPORT_PLAN_AND_PLAY = """
import importlib, json, pkgutil, sys
from pathlib import Path

import gamegrid

# The room of the served page is what needs aiohttp; gamegrid view alone loads it.
walked = pkgutil.walk_packages(gamegrid.__path__, "gamegrid.")
names = [m.name for m in walked if not m.name.startswith("gamegrid.serve.")]
for name in names:
    importlib.import_module(name)
heavy = {name: [] for name in ("import", "plan", "play")}

def note(after):
    heavy[after] = [name for name in sys.argv[2].split() if name in sys.modules]

note("import")

import yaml
from gamegrid.plan import plan
from gamegrid.paths import WORKFLOW

raw = yaml.safe_load((WORKFLOW / "config/config.yaml").read_text())
made = plan.make(raw, WORKFLOW)
params = [made.identity.params(cell) for cell in made.grid.cells]
note("plan")

from gamegrid.play.chunk import Job, play_chunk

raw["agents"].pop("tiny")
results = Path(sys.argv[1])
job = Job(
    config=raw, game="kuhn_poker", matchup="optimal--random", block="00000-00019",
    results=results, output=results / "chunk.parquet", threads=1,
)
play_chunk(job)
note("play")
print(json.dumps({"modules": names, "heavy": heavy, "played": job.output.exists()}))
"""


def test_bots_play_without_loading_any_model_library(tmp_path: Path) -> None:
    printed = subprocess.check_output(
        [sys.executable, "-c", IMPORT_PLAN_AND_PLAY, str(tmp_path), " ".join(HEAVY)],
        cwd=WORKFLOW,
        env={"PYTHONPATH": str(WORKFLOW / "scripts"), "PATH": "/usr/bin:/bin"},
        text=True,
    )
    found = json.loads(printed)
    assert found["heavy"] == {"import": [], "plan": [], "play": []}
    assert found["played"]
    assert {"gamegrid.pages.tiny_recipe", "gamegrid.backends.huggingface"} <= set(found["modules"])


PLAN_AND_READ = """
import json, sys
from pathlib import Path

import yaml

import gamegrid.commands.runner.arena
import gamegrid.jobs.live
import gamegrid.jobs.workflow
from gamegrid.oracles.equilibrium import solved
from gamegrid.paths import WORKFLOW
from gamegrid.plan import plan

plan.make(yaml.safe_load((WORKFLOW / "config/config.yaml").read_text()), WORKFLOW)
solved("kuhn_poker")
print(json.dumps([name for name in sys.argv[1].split() if name in sys.modules]))
"""


def test_what_plans_a_grid_and_shows_results_loads_neither_scipy_nor_the_parser() -> None:
    slow = "scipy.optimize scipy.special scipy.sparse gamegrid.prompts.parser"
    printed = subprocess.check_output(
        [sys.executable, "-c", PLAN_AND_READ, slow],
        cwd=WORKFLOW,
        env={"PYTHONPATH": str(WORKFLOW / "scripts"), "PATH": "/usr/bin:/bin"},
        text=True,
    )
    assert json.loads(printed) == []

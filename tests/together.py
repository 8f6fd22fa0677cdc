"""Lets several processes begin at the same time, and collects what they say."""

import json
import subprocess
from collections.abc import Sequence
from typing import Any


def run_together(jobs: Sequence[subprocess.Popen[str]]) -> list[Any]:
    """Tell the jobs to go once all of them are ready; return the JSON that each prints last.

    A job writes the line ``ready`` to its output and then waits for a line on its input. Both are
    pipes.
    """
    for job in jobs:
        assert job.stdout is not None and job.stdout.readline() == "ready\n"
    for job in jobs:
        assert job.stdin is not None
        job.stdin.write("go\n")
        job.stdin.flush()
    return [json.loads(job.communicate()[0]) for job in jobs]

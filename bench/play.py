"""Play one chunk as a job does, with journal and chunk file, and measure it.

Prints one line of JSON: calls, episodes, ``seconds`` from the first request to the last reply on
file (None if there were no requests), ``wall_s`` and ``cpu_s`` of the whole job, and resident
memory in MiB: after a quarter of the calls, just before the last one, and the maximum.
"""

import argparse
import json
import shutil
import tempfile
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

import gamegrid.agents

# The slow bot is a plug-in, loaded from a file in a searched folder.
gamegrid.agents.__path__.append(str(Path(__file__).parent / "agents"))

from gamegrid.play.chunk import Job, play_chunk  # noqa: E402

BLOCK = 5


def main() -> None:
    """Play, print the result and keep the journal if requested."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", help="model id of the agents; default: two bots")
    parser.add_argument("--entry", type=json.loads, default={}, help="the model entry, as JSON")
    parser.add_argument("--agent", type=json.loads, default={}, help="agent keys, as JSON")
    parser.add_argument("--against", type=json.loads, help="the other agent; default: the same one")
    parser.add_argument("--game", default="tic_tac_toe")
    parser.add_argument("--deals", type=int, required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--keep-journal", type=Path)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="gamegrid-bench-"))
    try:
        print(json.dumps(measure(options, folder)))
    finally:
        shutil.rmtree(folder)


def measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Play the chunk in ``folder``."""
    results = folder / "results"
    job = Job(
        config=_grid(options, folder),
        game=options.game,
        matchup="a--b",
        block=f"{0:0{BLOCK}}-{options.deals - 1:0{BLOCK}}",
        results=results,
        output=results / "chunks" / "chunk.parquet",
        threads=options.threads,
    )
    journal = results / "journal" / options.game / "a--b" / f"{job.block}.jsonl"
    watch = Watch(journal)
    wall, cpu = time.perf_counter(), time.process_time()
    with watch:
        play_chunk(job)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    if options.keep_journal:
        shutil.copy(journal, options.keep_journal)
    lines = [json.loads(line) for line in journal.read_bytes().splitlines()]
    return {
        "calls": len(lines),
        "episodes": _episodes(job.output),
        "seconds": _seconds(lines),
        "wall_s": wall,
        "cpu_s": cpu,
        "journal_mib": journal.stat().st_size / 2**20,
        **watch.found(),
    }


def _grid(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    asked = {"type": "llm", "model": options.model, **options.agent}
    first = asked if options.model else {"type": "random"}
    grid: dict[str, Any] = {
        "seed": 1,
        "deals": options.deals,
        "games": [options.game],
        "agents": {"a": first, "b": options.against or first},
        "chunk": options.deals,
    }
    if options.model:
        models = folder / "models.yaml"
        models.write_text(yaml.safe_dump({"models": [{"name": options.model, **options.entry}]}))
        grid["models"] = [str(models)]
    return grid


def _episodes(chunk: Path) -> dict[str, int]:
    import duckdb

    rows = duckdb.execute(
        "SELECT status, count(*) FROM read_parquet($path) GROUP BY ALL", {"path": str(chunk)}
    ).fetchall()
    return dict(rows)


def _seconds(lines: list[dict[str, Any]]) -> float | None:
    """Return the seconds from the first request to the last reply on file."""
    if not lines:
        return None
    ends = [datetime.fromisoformat(line["at"]).timestamp() for line in lines]
    begins = [
        end - (line["completion"]["latency_s"] or 0) for end, line in zip(ends, lines, strict=True)
    ]
    return max(ends) - min(begins)


class Watch:
    """Samples this process's resident memory while a job runs."""

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        self._seen: list[tuple[int, float]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def found(self) -> dict[str, float | None]:
        """Return MiB after a quarter of the journal, just before its last line, and the maximum."""
        if not self._seen or self._seen[-1][0] == 0:
            return {"rss_quarter": None, "rss_calls": None, "rss_most": None}
        whole = self._seen[-1][0]
        quarter = next(mib for written, mib in self._seen if written >= whole / 4)
        # The chunk file is written after the last reply.
        calls = next((mib for written, mib in reversed(self._seen) if written < whole), quarter)
        most = max(mib for _, mib in self._seen)
        return {"rss_quarter": quarter, "rss_calls": calls, "rss_most": most}

    def _run(self) -> None:
        while not self._over.wait(0.05):
            written = self._journal.stat().st_size if self._journal.exists() else 0
            self._seen.append((written, resident_mib()))


def resident_mib() -> float:
    """Return this process's resident memory in MiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    main()

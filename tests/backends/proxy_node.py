"""A node of a cluster: plays all chunks of a grid in its working folder, with limits of its own.

python proxy_node.py CONFIG, where CONFIG is JSON. It prints ``ready``, waits for a line, plays, and
prints the number of its replies, of the attempts behind them and of its unfinished episodes.
"""

import json
import sys
from pathlib import Path

from gamegrid.backends import litellm_api
from gamegrid.plan import plan
from gamegrid.play.chunk import Job, play_chunk
from gamegrid.records.chunkfile import read_unfinished
from gamegrid.records.journal import files, read

if __name__ == "__main__":
    raw, results = json.loads(sys.argv[1]), Path("results")
    litellm_api.host_folder = lambda: Path.cwd() / "host"  # type: ignore[attr-defined]
    made = plan.make(raw, Path.cwd())
    print("ready", flush=True)
    sys.stdin.readline()
    for chunk in made.chunks:
        game, matchup, block = chunk.path.split("/")
        play_chunk(
            Job(
                config=raw, game=game, matchup=matchup, block=block, results=results, threads=1,
                output=results / chunk.file,
            )
        )  # fmt: skip
    lines = [
        line
        for cell in (results / "journal").glob("*/*")
        for path in files(cell)
        for line in read(path)
    ]
    unfinished = read_unfinished([results / chunk.file for chunk in made.chunks])
    attempts = sum(line.completion.transport_attempts for line in lines)
    print(json.dumps([len(lines), attempts, sum(map(len, unfinished.values()))]))

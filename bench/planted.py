"""How often the controls find planted faults, at several numbers of deals.

Run as a module it takes the fraction of the full size to simulate. It prints the table of
docs/statistics.md and then one line of JSON: a list of cases.
"""

import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import product

from bench.measure import ROOT, Sample

sys.path.append(str(ROOT / "tests/store"))

import planted_faults as planted

DEALS = (20, 100, 300, 1000)
"""Deals of the grids that the faults are planted in."""
GRIDS = 10
"""Grids per fault and number of deals, with the seeds from 0."""


def main(part: float) -> list[Sample]:
    """Plant every fault on all cores, print the table and return the cases."""
    grids = max(1, int(GRIDS * part))
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        cases = list(pool.map(_case, *zip(*product(planted.FAULTS, DEALS, [grids]), strict=True)))
    for fault in planted.FAULTS:
        own = [case for case in cases if case["case"].startswith(_name(fault) + ",")]
        shares = " | ".join(f"{case['found']:.0%}" for case in own)
        print(f"| {fault.name} | {', '.join(fault.games)} | {shares} |")
    return cases


def _name(fault: planted.Fault) -> str:
    return f"{fault.name} in {' and '.join(fault.games)}"


def _case(fault: planted.Fault, deals: int, grids: int) -> Sample:
    """Count the grids in which any check failed."""
    failed = [bool(planted.failed(fault, deals, seed)) for seed in range(grids)]
    return {
        "case": f"{_name(fault)}, {deals} deals",
        "stated": fault.deals == deals,
        "none": fault.name == "none",
        "samples": grids,
        "found": sum(failed) / grids,
    }


if __name__ == "__main__":
    print(json.dumps(main(float(sys.argv[1]))))

"""What control variates leave of the variance of margin games, and what their intervals cover.

Run as a module it takes the fraction of the full number of deals to play. It prints one line of
JSON: a list of cases. In each, one or both of two bots have a policy that is known, as against a
model or between bots.
"""

import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import product

from bench.measure import ROOT, Sample

sys.path += [str(ROOT / "tests"), str(ROOT / "tests/analysis")]

import variates_simulated as simulated

DEALS = 20_000
LEAST_PART = 0.5
"""With fewer deals, chance alone moves a coverage by more than two points."""
SEED = 7
GAMES = ("kuhn_poker", "leduc_poker")
KNOWN = (("random",), ("optimal",), ("random", "optimal"))
SETS = (10, 20)
"""Deals behind each interval."""


def main(part: float) -> list[Sample]:
    """Simulate all cases on all cores."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        return [case for cases in pool.map(_game, GAMES, [part] * len(GAMES)) for case in cases]


def _game(game: str, part: float) -> list[Sample]:
    """Play a game once, and correct it for each choice of known policies."""
    played = simulated.Played.of(game, round(DEALS * max(part, LEAST_PART)), SEED)
    plain, truth = played.plain(), played.truth
    cases = []
    for known, deals in product(KNOWN, SETS):
        corrected = played.corrected(known)
        cases.append(
            {
                "case": f"{game}, known: {', '.join(known)}, {deals} deals",
                "game": game,
                "known": len(known),
                "samples": len(plain) // deals,
                "left": simulated.variance_left(plain, corrected.values),
                "covered": simulated.coverage(corrected.values, truth, deals),
                "plain_covered": simulated.coverage(plain, truth, deals),
                "seconds": corrected.seconds,
            }
        )
    return cases


if __name__ == "__main__":
    print(json.dumps(main(float(sys.argv[1]))))

"""Fit simulated matches with statsmodels, an implementation that shares no code with gamegrid.

Run ``python tests/stats/statsmodels_fits.py`` where statsmodels is installed. It rewrites
statsmodels_fits.json, which test_independent_fits.py compares with gamegrid's own fits.
"""

import json
from pathlib import Path

import numpy as np

from gamegrid.stats.arrays import Floats
from gamegrid.stats.davidson import COLUMNS, ELO, Matches
from stats_coverage import everybody, played

FILE = Path(__file__).with_suffix(".json")
STRENGTHS = np.array([150.0, 60.0, 0.0, -40.0, -170.0])


def without_draws() -> Matches:
    """Return matches of the Bradley-Terry model with a first-move effect, in two games."""
    luck = np.random.default_rng(11)
    return played(STRENGTHS, everybody(5), deals=60, luck=luck, games=2, nu=0.0)


def shares() -> Matches:
    """Return the same matches with a share of twelve points in place of every win and loss."""
    matches, luck = without_draws(), np.random.default_rng(12)
    eta = (STRENGTHS[matches.first] - STRENGTHS[matches.second] + 60) / ELO
    won = luck.binomial(12, 1 / (1 + np.exp(-eta))) / 12
    kept = won != 0.5  # exactly one half is a draw, which this model does not have
    columns = {name: getattr(matches, name)[kept] for name in COLUMNS if name != "score"}
    return Matches(agents=matches.agents, score=won[kept], **columns)


def design(matches: Matches) -> Floats:
    """Return one row per match: strengths (the last agent's is 0), then each game's first move."""
    agents, count = len(matches.agents), len(matches.score)
    rows = np.zeros((count, agents + int(matches.game.max()) + 1))
    rows[np.arange(count), matches.first] += 1
    rows[np.arange(count), matches.second] -= 1
    rows[np.arange(count), agents + matches.game] = 1
    return np.delete(rows, agents - 1, axis=1)


def fitted(matches: Matches) -> dict[str, list[float]]:
    """Fit a binomial model with logistic link; standard errors are clustered by deal (CR1)."""
    import statsmodels.api as sm

    model = sm.GLM(matches.score, design(matches), family=sm.families.Binomial())
    fit = model.fit(cov_type="cluster", cov_kwds={"groups": matches.clusters})
    return {"points": (fit.params * ELO).tolist(), "errors": (fit.bse * ELO).tolist()}


DATA = {"without_draws": without_draws, "shares": shares}

if __name__ == "__main__":
    found = {name: fitted(make()) for name, make in DATA.items()}
    FILE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")

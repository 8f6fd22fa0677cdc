"""The ratings agree with fits by programs and formulas that share no code with gamegrid."""

import json

import numpy as np
import pytest
from scipy import optimize

from gamegrid.stats.arrays import Floats
from gamegrid.stats.davidson import ELO, Matches
from gamegrid.stats.intervals import Interval
from gamegrid.stats.ratings import Anchor, rate
from stats_coverage import everybody, played
from statsmodels_fits import DATA, FILE

POINTS = 0.5
"""How far two fits of the same matches may be apart, in rating points."""


@pytest.mark.parametrize("name", DATA)
def test_without_draws_the_fit_is_that_of_a_generalized_linear_model(name: str) -> None:
    """statsmodels 0.15.0, GLM with binomial family, which takes shares as quasi-likelihood."""
    matches, known = DATA[name](), json.loads(FILE.read_text("utf-8"))[name]
    last = matches.agents[-1]
    fit = rate(matches, {last: Anchor(0.0)})
    found = [each.rating for each in fit.ratings[:-1]] + [each.first_mover for each in fit.games]
    assert found == pytest.approx(known["points"], abs=POINTS)
    # 120 deals, so the quantile of Student's t is 1.98, and the jackknife adds a little.
    for each, error in zip(fit.ratings[:-1], known["errors"], strict=False):
        assert isinstance(each.these_games, Interval)
        assert each.these_games.half_width == pytest.approx(1.98 * error, rel=0.06)


def test_with_draws_the_fit_maximises_the_likelihood_as_davidson_writes_it() -> None:
    """Davidson (1970), with the first move as in Davidson and Beaver (1977), and no penalty."""
    strengths = np.array([150.0, 60.0, 0.0, -40.0, -170.0])
    luck = np.random.default_rng(13)
    matches = played(strengths, everybody(5), deals=80, luck=luck, games=2, nu=1.2)
    best = optimize.minimize(_less_likely, np.zeros(8), args=(matches,), method="BFGS").x
    fit = rate(matches)
    worth = np.append(best[:4], 0.0)
    assert [each.rating for each in fit.ratings] == pytest.approx(
        ((worth - worth.mean()) * ELO).tolist(), abs=POINTS
    )
    for game, delta, log_nu in zip(fit.games, best[4:6], best[6:], strict=True):
        assert game.first_mover == pytest.approx(delta * ELO, abs=POINTS)
        nu = np.exp(log_nu)
        assert game.draw_rate == pytest.approx(nu / (2 + nu), abs=1e-3)


def _less_likely(point: Floats, matches: Matches) -> float:
    """Return minus the log-likelihood: four strengths (the fifth is 0), two deltas, two log nu."""
    worth, delta, nu = np.append(point[:4], 0.0), point[4:6], np.exp(point[6:])
    total = 0.0
    for game, first, second, score in zip(
        matches.game, matches.first, matches.second, matches.score, strict=True
    ):
        one, other = np.exp(worth[first] + delta[game]), np.exp(worth[second])
        tie = nu[game] * np.sqrt(one * other)
        likely = {1.0: one, 0.5: tie, 0.0: other}[float(score)] / (one + tie + other)
        total -= np.log(likely)
    return float(total)

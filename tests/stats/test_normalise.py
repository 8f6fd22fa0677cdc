"""Returns on the scale of random play and a reference."""

import pytest

from gamegrid.stats.normalise import normalized_return


def test_random_play_is_0_and_the_reference_1() -> None:
    assert normalized_return(-0.25, -0.25, 0.75) == 0.0
    assert normalized_return(0.75, -0.25, 0.75) == 1.0
    assert normalized_return(0.25, -0.25, 0.75) == pytest.approx(0.5)
    assert normalized_return(-1.25, -0.25, 0.75) == pytest.approx(-1.0)


def test_a_reference_like_random_is_no_scale() -> None:
    assert normalized_return(0.3, 0.1, 0.1) is None

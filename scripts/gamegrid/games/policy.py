"""Types that describe known policies: move probabilities, and what of the past they depend on."""

from collections.abc import Callable, Hashable, Mapping

import pyspiel

Policy = Callable[[pyspiel.State, int], Mapping[int, float]]
"""Maps (state, seat) to the probability of each action; actions left out have probability 0."""
Memory = Callable[[pyspiel.State, int], Hashable]
"""Maps (state, seat) to what a policy remembers of the past, apart from its length."""

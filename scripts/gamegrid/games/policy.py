"""What is known of a policy: the probabilities of its moves, and what of the past they rest on."""

from collections.abc import Callable, Hashable, Mapping

import pyspiel

Policy = Callable[[pyspiel.State, int], Mapping[int, float]]
"""The probability of each action that a seat may take in a state; actions left out have none."""
Memory = Callable[[pyspiel.State, int], Hashable]
"""What a policy knows of the past when a seat moves in a state, beside how long it is."""

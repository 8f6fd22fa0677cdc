"""Look for garbage less often than Python does by default."""

import gc

ALLOCATIONS = 100_000
"""New objects between two searches; a few tens of megabytes at most."""


def search_rarely() -> None:
    """Search for unreachable cycles of objects a hundred times less often.

    A process that loads large packages makes a million objects which live as long as it does. The
    default searches them a thousand times over, which takes a fifth of the time until a model of
    transformers is ready, and finds nothing.
    """
    gc.set_threshold(ALLOCATIONS)

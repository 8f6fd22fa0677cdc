"""Helpers for generated games, which are drawn from a seed and identical on every machine.

A study that picks a fresh seed gets games that no model has seen.
"""

from random import Random

SEEDS = 2**31
SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprtvz" for vowel in "aeiou"]


def luck(name: str, **parameters: int) -> Random:
    """Return the random stream of one generated game, keyed by its name and parameters.

    Callers use only ``Random.random``: it is the only method whose output Python guarantees to stay
    the same across versions.
    """
    written = ",".join(f"{key}={value}" for key, value in sorted(parameters.items()))
    return Random(f"{name}({written})")


def below(draw: Random, count: int) -> int:
    """Return a random integer from 0 to ``count - 1``."""
    return int(draw.random() * count)


def sample(draw: Random, wanted: int, count: int) -> list[int]:
    """Return ``wanted`` distinct integers below ``count``, in random order."""
    left = list(range(count))
    return [left.pop(below(draw, len(left))) for _ in range(wanted)]


def words(draw: Random, count: int) -> list[str]:
    """Return ``count`` distinct made-up words of two syllables, in random order."""
    pairs = sample(draw, count, len(SYLLABLES) ** 2)
    return ["".join(SYLLABLES[part] for part in divmod(pair, len(SYLLABLES))) for pair in pairs]


def check(name: str, value: int, low: int, high: int) -> None:
    """Raise ValueError with an explanation unless ``low <= value <= high``."""
    if not low <= value <= high:
        raise ValueError(f"{name} must be between {low} and {high}, found {value}")

"""What generated games share: all of them is drawn from a seed, alike on every machine.

A study that takes a seed of its own has games that nobody has seen before.
"""

from random import Random

SEEDS = 2**31
SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprtvz" for vowel in "aeiou"]


def luck(name: str, **parameters: int) -> Random:
    """All the luck of one generated game, by its name and parameters.

    Only ``Random.random`` is drawn from it: Python promises that one seed gives the same numbers
    in all its versions for this method alone.
    """
    written = ",".join(f"{key}={value}" for key, value in sorted(parameters.items()))
    return Random(f"{name}({written})")


def below(draw: Random, count: int) -> int:
    """A whole number from 0 up to but without ``count``."""
    return int(draw.random() * count)


def sample(draw: Random, wanted: int, count: int) -> list[int]:
    """``wanted`` different numbers below ``count``, in random order."""
    left = list(range(count))
    return [left.pop(below(draw, len(left))) for _ in range(wanted)]


def words(draw: Random, count: int) -> list[str]:
    """Different made-up words of two syllables, which mean nothing and are in no order."""
    pairs = sample(draw, count, len(SYLLABLES) ** 2)
    return ["".join(SYLLABLES[part] for part in divmod(pair, len(SYLLABLES))) for pair in pairs]


def check(name: str, value: int, low: int, high: int) -> None:
    """Raise ValueError in a sentence unless ``value`` is from ``low`` to ``high``."""
    if not low <= value <= high:
        raise ValueError(f"{name} is from {low} to {high}, found {value}")

"""Short names: never two alike, never too long, and never a cut that is not needed."""

from random import Random

import pytest

from gamegrid.store.short_names import CUT, shortened

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_."


def names_like_real_ones(luck: Random) -> list[str]:
    """Draw names that share starts, middles and ends, as variants of one model do."""
    parts = ["".join(luck.choices(LETTERS, k=luck.randint(1, 20))) for _ in range(4)]
    made = {"".join(luck.choices(parts, k=luck.randint(1, 4))) for _ in range(luck.randint(1, 40))}
    changed = set()
    for name in made:  # another letter somewhere, which a cut may hide
        at = luck.randrange(len(name))
        changed.add(name[:at] + luck.choice(LETTERS) + name[at + 1 :])
    return sorted(made | changed)


@pytest.mark.parametrize("width", [8, 14, 24])
def test_no_two_look_alike_and_none_is_too_long(width: int) -> None:
    for seed in range(300):
        names = names_like_real_ones(Random(seed))
        short = shortened(names, width)
        assert len(set(short)) == len(names), names
        assert max(map(len, short)) <= width
        for name, cut in zip(names, short, strict=True):
            assert cut == name if len(name) <= width else CUT in cut


def test_a_cut_shows_what_names_differ_in() -> None:
    start, end = "a" * 30, "z" * 30
    assert shortened([f"{start}one{end}", f"{start}two{end}"], 12) == [
        "aaa…onezzzz…",
        "aaa…twozzzz…",
    ]
    assert shortened([f"{start}1", f"{start}2"], 8) == ["aaaa…aa1", "aaaa…aa2"]


def test_a_name_that_is_there_twice_is_shortened_alike() -> None:
    one, two = shortened(["x" * 40, "x" * 40], 10)
    assert one == two

"""Names of blocks: the range of deals that a chunk, its journal and its logs hold."""

import re

BLOCK = re.compile(r"\d+-\d+")
"""The name of a block."""


def parse_block(block: str) -> tuple[int, int]:
    """Return (start, stop) of a block's name."""
    first, last = block.split("-")
    return int(first), int(last) + 1


def overlap(one: str, other: str) -> bool:
    """True if two names are those of blocks with a deal in common."""
    if not (BLOCK.fullmatch(one) and BLOCK.fullmatch(other)):
        return False
    (start, stop), (other_start, other_stop) = parse_block(one), parse_block(other)
    return start < other_stop and other_start < stop

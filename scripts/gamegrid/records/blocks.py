"""Where chunk files lie, and the names of their blocks."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from gamegrid.records.record_types import Task

FOLDERS: Mapping[Task, str] = MappingProxyType(
    {Task.EPISODE: "chunks", Task.POSITION: "positions", Task.PROBE: "probes"}
)
"""The folder below results/ that holds the chunk files of a task.

Single moves have the same name where episodes have a block: in the names of journals, logs and
progress files.
"""

BLOCK = re.compile(r"\d+-\d+")
"""The name of a block of deals: its first and its last deal, as in ``00020-00029``."""


def parse_block(block: str) -> tuple[int, int]:
    """Return the first deal of a block and the one after its last."""
    first, last = block.split("-")
    return int(first), int(last) + 1


def overlap(one: str, other: str) -> bool:
    """Return True if both are names of blocks and they have a deal in common."""
    if not (BLOCK.fullmatch(one) and BLOCK.fullmatch(other)):
        return False
    (start, stop), (other_start, other_stop) = parse_block(one), parse_block(other)
    return start < other_stop and other_start < stop

"""The figures: one module and one .sql file each, found by its ``FIGURE``."""

import sys

from gamegrid.plugins import discover
from gamegrid.report.figures.base import Figure, Section


def figures() -> list[Figure]:
    """Every figure of the folder, in the order of the page."""
    sections = list(Section)
    found: list[Figure] = discover(sys.modules[__name__], "FIGURE")
    return sorted(found, key=lambda each: (sections.index(each.section), each.place, each.name))

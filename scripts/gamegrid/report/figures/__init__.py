"""The figures: one module and one .sql file each, found by its ``FIGURE``."""

from gamegrid import plugins
from gamegrid.report.figures.figure import Figure, Section


def figures() -> list[Figure]:
    """Every figure of the folder, in the order of the page."""
    sections = list(Section)
    found: list[Figure] = plugins.values(plugins.FIGURE)
    return sorted(found, key=lambda each: (sections.index(each.section), each.place, each.name))

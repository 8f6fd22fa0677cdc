"""The figures: one module each, found by the ``FIGURE`` it declares."""

from gamegrid import plugins
from gamegrid.report.figures.figure import Figure, Section


def figures() -> list[Figure]:
    """Every figure, the user's included, in the order of the page."""
    sections = list(Section)
    known: list[Figure] = plugins.values(plugins.FIGURE)
    return sorted(known, key=lambda each: (sections.index(each.section), each.place, each.name))

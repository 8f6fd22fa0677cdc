"""The colours of figures and page, named once, in a light and a dark dress.

Categories are the set of Okabe and Ito, "Color Universal Design" (2008), which people with any
common colour blindness tell apart; the dark dress lightens those that would sink into a dark page.
Amounts around an even value run along PuOr, amounts from nothing along Purples, both of
ColorBrewer (Harrower and Brewer, "ColorBrewer.org", The Cartographic Journal 40, 2003), which marks
them as safe for colour blindness.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Colour:
    """A CSS variable ``--name`` and what it stands for in a light and in a dark page."""

    name: str
    light: str
    dark: str

    def __str__(self) -> str:
        return f"var(--{self.name})"


INK = Colour("ink", "#1d2330", "#e8eaf0")
MUTED = Colour("muted", "#5b6474", "#a2abbc")
RULE = Colour("rule", "#dfe3ea", "#333b4a")
PAPER = Colour("paper", "#ffffff", "#12161f")
PANEL = Colour("panel", "#f6f7fa", "#1a202c")

BLUE = Colour("blue", "#0072b2", "#56a9dd")
VERMILION = Colour("vermilion", "#d55e00", "#f0813a")
GREEN = Colour("green", "#009e73", "#33bd94")
PURPLE = Colour("purple", "#b0568f", "#d992be")
ORANGE = Colour("orange", "#c98a00", "#e9b13c")
SKY = Colour("sky", "#56b4e9", "#8fd0f5")
GREY = Colour("grey", "#7a8394", "#8e97a8")

COLOURS = (
    INK, MUTED, RULE, PAPER, PANEL, BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, GREY,
)  # fmt: skip
CATEGORIES = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, GREY)
"""In the order they are given out."""

EVEN_SCALE = "purpleorange"
"""Vega's name of PuOr; orange is more."""
AMOUNT_SCALE = "purples"
"""Vega's name of Purples."""


def variables(dark: bool) -> dict[str, str]:
    """The value of each CSS variable in one of the two dresses."""
    return {f"--{each.name}": each.dark if dark else each.light for each in COLOURS}


def fixed(svg: str) -> str:
    """``svg`` in the light dress without CSS, for files that stand by themselves."""
    for each in COLOURS:
        svg = svg.replace(str(each), each.light)
    return svg.replace("currentColor", INK.light)

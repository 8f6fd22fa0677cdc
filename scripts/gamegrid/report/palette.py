"""The colours of figures and page, each in a light and a dark variant.

Categories use the colours of Okabe and Ito, "Color Universal Design" (2008), which people with any
common form of colour blindness can tell apart. The dark variants lighten those that would be hard
to see on a dark page. Amounts around a neutral value use PuOr and amounts from zero use Purples,
both from ColorBrewer (Harrower and Brewer, "ColorBrewer.org", The Cartographic Journal 40, 2003),
which rates them safe for colour blindness.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Colour:
    """A CSS variable ``--name`` with its value in the light and the dark theme."""

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

OWN = Colour("own", BLUE.light, BLUE.dark)
RETHOUGHT = Colour("rethought", SKY.light, SKY.dark)
FALLBACK = Colour("fallback", VERMILION.light, VERMILION.dark)
FORFEIT = Colour("forfeit", INK.light, INK.dark)
RIGHT = Colour("right", "#007a58", GREEN.dark)
WRONG = Colour("wrong", "#b84300", "#f5935a")
"""Verdicts on moves. They are read as text, too."""
SEATS = (
    Colour("seat-0", PURPLE.light, PURPLE.dark),
    Colour("seat-1", "#a87400", ORANGE.dark),
    Colour("seat-2", "#1b8088", "#62c3c9"),
    Colour("seat-3", GREY.light, GREY.dark),
)
"""By seat. None is the colour of a verdict or of whose move it was."""

COLOURS = (
    INK, MUTED, RULE, PAPER, PANEL, BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, GREY,
    OWN, RETHOUGHT, FALLBACK, FORFEIT, RIGHT, WRONG, *SEATS,
)  # fmt: skip
CATEGORIES = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, GREY)
"""In the order of assignment."""

EVEN_SCALE = "purpleorange"
"""Vega's name for PuOr; orange marks higher values."""
AMOUNT_SCALE = "purples"
"""Vega's name for Purples."""


def variables(dark: bool) -> dict[str, str]:
    """Return the value of every CSS variable in one theme."""
    return {f"--{each.name}": each.dark if dark else each.light for each in COLOURS}


def fixed(svg: str) -> str:
    """Return ``svg`` in light colours without CSS variables, for stand-alone files."""
    for each in COLOURS:
        svg = svg.replace(str(each), each.light)
    return svg.replace("currentColor", INK.light)

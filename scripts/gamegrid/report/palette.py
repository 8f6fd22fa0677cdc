"""The colours of figures and page, each in a light and a dark variant.

Categories follow the colours of Okabe and Ito, "Color Universal Design" (2008), which people with
any common form of colour blindness can tell apart. Light variants are darkened, and dark variants
lightened, until they stand out from the page. Amounts around a neutral value use PuOr and amounts
from zero use Purples, both from ColorBrewer (Harrower and Brewer, "ColorBrewer.org", The
Cartographic Journal 40, 2003), which rates them safe for colour blindness. Their dark variants keep
the hues and run from the colour of the page to light.
"""

from collections.abc import Sequence
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
GROUNDS = (PAPER, PANEL)
"""What text and marks stand on."""

BLUE = Colour("blue", "#0072b2", "#56a9dd")
VERMILION = Colour("vermilion", "#d55e00", "#f0813a")
GREEN = Colour("green", "#008f68", "#33bd94")
PURPLE = Colour("purple", "#b0568f", "#d992be")
ORANGE = Colour("orange", "#a87400", "#e9b13c")
SKY = Colour("sky", "#3793d0", "#8fd0f5")
GREY = Colour("grey", "#6f7888", "#8e97a8")
CATEGORIES = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, GREY)
"""In the order of assignment."""

OWN = Colour("own", BLUE.light, BLUE.dark)
RETHOUGHT = Colour("rethought", SKY.light, SKY.dark)
FALLBACK = Colour("fallback", VERMILION.light, VERMILION.dark)
FORFEIT = Colour("forfeit", INK.light, INK.dark)
RIGHT = Colour("right", "#007a58", GREEN.dark)
WRONG = Colour("wrong", "#b84300", "#f5935a")
"""Verdicts on moves. They are read as text, too."""
SEATS = (
    Colour("seat-0", PURPLE.light, PURPLE.dark),
    Colour("seat-1", ORANGE.light, ORANGE.dark),
    Colour("seat-2", "#1b8088", "#62c3c9"),
    Colour("seat-3", GREY.light, GREY.dark),
)
"""By seat. None is the colour of a verdict or of whose move it was."""
PHASES = (
    Colour("early", "#4a9a92", "#4f9c94"),
    Colour("middle", "#2c7470", "#86c9c0"),
    Colour("late", "#083f3e", "#d6f2ed"),
)
"""The thirds of a game."""

MEANINGS = (OWN, RETHOUGHT, FALLBACK, FORFEIT, RIGHT, WRONG, *SEATS, *PHASES)
MARKS = (*CATEGORIES, *MEANINGS)
"""What dots, lines and bars are drawn in."""
TEXTS = (INK, MUTED, RIGHT, WRONG)
"""What words are written in."""

BLACK, WHITE = "#000000", "#ffffff"


@dataclass(frozen=True, slots=True)
class Ramp:
    """The colours of a heat map in order, each with that of the words on it."""

    fills: tuple[Colour, ...]
    inks: tuple[Colour, ...]

    @classmethod
    def of(cls, name: str, light: str, dark: str) -> "Ramp":
        """Return the ramp of these colours, listed with spaces between."""
        pairs = list(zip(light.split(), dark.split(), strict=True))
        return cls(
            tuple(Colour(f"{name}-{n}", *pair) for n, pair in enumerate(pairs)),
            tuple(
                Colour(f"{name}-ink-{n}", *(readable(colour) for colour in pair))
                for n, pair in enumerate(pairs)
            ),
        )


def readable(ground: str) -> str:
    """Return the colour, black or white, that is easier to read on ``ground``."""
    return max(BLACK, WHITE, key=lambda ink: contrast(ink, ground))


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as in WCAG 2, from 1 to 21. Colours are like #00ff00."""
    dim, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dim + 0.05)


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour like #00ff00 as in WCAG 2, from 0 to 1."""
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


EVEN = Ramp.of(
    "even",
    "#542788 #8073ac #b2abd2 #d8daeb #f7f7f7 #fee0b6 #fdb863 #e08214 #b35806",
    "#c9bcf7 #9d8cd6 #7566ab #4c4672 #2b3040 #5e4526 #9a651f #d58a2e #ffc67d",
)
"""Amounts around a neutral value; orange marks higher ones."""
AMOUNT = Ramp.of(
    "amount",
    "#f4f2f9 #dadaeb #bcbddc #9e9ac8 #807dba #6a51a3 #4a1486",
    "#232838 #37325a #4d4580 #6a5fae #8f84d0 #b5abe8 #dcd6ff",
)
"""Amounts from zero; only zero itself has the first colour."""
RAMPS = (EVEN, AMOUNT)

COLOURS = (
    INK, MUTED, RULE, PAPER, PANEL, *MARKS,
    *(colour for ramp in RAMPS for colour in (*ramp.fills, *ramp.inks)),
)  # fmt: skip


def variables(dark: bool) -> dict[str, str]:
    """Return the value of every CSS variable in one theme."""
    return {f"--{each.name}": each.dark if dark else each.light for each in COLOURS}


def css() -> str:
    """Return the variables as a style sheet: light, dark if the reader prefers it, light on paper.

    An attribute ``data-theme`` of the root, ``light`` or ``dark``, decides instead if it is there.
    """
    light, dark = (_declared(variables(dark=dark), dark) for dark in (False, True))
    return (
        f":root{{{light}}}\n"
        f"@media screen{{:root[data-theme=dark]{{{dark}}}}}\n"
        f"@media screen and (prefers-color-scheme:dark)"
        f"{{:root:not([data-theme=light]){{{dark}}}}}\n"
    )


def _declared(values: dict[str, str], dark: bool) -> str:
    declared = [f"{name}:{value};" for name, value in values.items()]
    return "".join([f"color-scheme:{'dark' if dark else 'light'};", *declared])


def fixed(svg: str) -> str:
    """Return ``svg`` in light colours without CSS variables, for stand-alone files."""
    for each in COLOURS:
        svg = svg.replace(str(each), each.light)
    return svg.replace("currentColor", INK.light)


def cycle(colours: Sequence[Colour], number: int) -> list[Colour]:
    """Return ``number`` colours, from the first again after the last."""
    return [colours[n % len(colours)] for n in range(number)]

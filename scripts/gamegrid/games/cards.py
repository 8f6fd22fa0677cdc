"""Names of playing cards and chips, shared by the card games."""

RANKS = ("Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Jack", "Queen", "King", "Ace")
SUITS = ("spades", "hearts")


def ranks(count: int) -> tuple[str, ...]:
    """Return the names of ``count`` ranks, lowest first; ``count`` is at most 11.

    Three ranks are Jack, Queen and King. The fourth is the Ace; any further ranks lie below the
    Jack.
    """
    top = RANKS.index("King") + 1
    return RANKS[top - count : top] if count <= 3 else RANKS[len(RANKS) - count :]


def chips(amount: float) -> str:
    """Write an amount of chips: "1 chip", "2 chips"."""
    shown = f"{amount:g}"
    return f"{shown} chip" if shown == "1" else f"{shown} chips"

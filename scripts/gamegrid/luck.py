"""Every draw of luck: counter-based, named by where it happens, never a stream consumed in turn.

So nothing depends on the order in which episodes run, on interruption or on resumption.
"""

import hashlib
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One seat of one episode.

    ``game`` is the canonical load string, of a disguise that of its plain game: both are then
    played with the same luck.
    """

    seed: int
    game: str
    deal: int
    matchup: str
    seating: int
    seat: int

    def draw(self, ply: int, purpose: str) -> Random:
        """Luck of this seat at this ply. The matchup is left out on purpose.

        So an agent meets the same luck whoever the opponent is.
        """
        return Random(
            f"{self.seed}|{self.game}|{self.deal}|{self.seating}|{self.seat}|{ply}|{purpose}"
        )

    def request_seed(self, ply: int, attempt: int, agent: str) -> int:
        """The sampling seed of one request, 0 to 2**31 - 1.

        A hash of all that tells the request from others: two of a grid share one by accident only.
        """
        text = (
            f"{self.seed}|{self.game}|{self.deal}|{self.matchup}|{self.seating}|{self.seat}|"
            f"{ply}|{attempt}|{agent}"
        )
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1


def deal_draw(seed: int, game: str, deal: int, purpose: str) -> Random:
    """Luck of a whole deal: the same for every matchup and seating."""
    return Random(f"{seed}|{game}|{deal}||||{purpose}")

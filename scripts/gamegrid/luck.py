"""Random draws, each seeded by its position in the experiment rather than taken from a stream.

Results therefore do not depend on the order of episodes, on interruptions or on resumption.
"""

import hashlib
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One seat of one episode.

    ``game`` is the canonical load string. A disguise uses its plain game's, so both are played with
    the same luck.
    """

    seed: int
    game: str
    deal: int
    matchup: str
    seating: int
    seat: int

    def draw(self, ply: int, purpose: str) -> Random:
        """Return the random generator of this seat at this ply, for one purpose.

        The matchup is not part of the seed: an agent gets the same luck against every opponent.
        """
        return Random(
            f"{self.seed}|{self.game}|{self.deal}|{self.seating}|{self.seat}|{ply}|{purpose}"
        )

    def request_seed(self, ply: int, attempt: int, agent: str) -> int:
        """Return the sampling seed of one request, between 0 and 2**31 - 1.

        It hashes everything that identifies the request, so two requests share a seed only by
        chance.
        """
        text = (
            f"{self.seed}|{self.game}|{self.deal}|{self.matchup}|{self.seating}|{self.seat}|"
            f"{ply}|{attempt}|{agent}"
        )
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1


def deal_draw(seed: int, game: str, deal: int, purpose: str) -> Random:
    """Return the random generator of a whole deal, the same for every matchup and seating."""
    return Random(f"{seed}|{game}|{deal}||||{purpose}")

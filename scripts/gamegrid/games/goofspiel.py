"""Goofspiel: players with identical hands simultaneously bid one card for each prize card."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import pyspiel

from gamegrid.games.game import Game, Joint, Oracle, Scoring, Tag
from gamegrid.games.grids import listing

MOST_CARDS = 13
SOLVED_CARDS = 4
"""Largest two-player hand for which the equilibrium takes about a second to compute."""


@dataclass(frozen=True)
class PrizeRound:
    """A completed round: its prize and every seat's bid, as card numbers."""

    prize: int
    bids: Sequence[int]

    @property
    def winner(self) -> int | None:
        """The seat with the highest bid; None if several seats bid it."""
        high = max(self.bids)
        return self.bids.index(high) if self.bids.count(high) == 1 else None


class Goofspiel(Game):
    """OpenSpiel's goofspiel; action a bids card a + 1. OpenSpiel plays the last round itself.

    With ``imp_info`` bids stay hidden. OpenSpiel's history contains them, so no text may repeat it.
    OpenSpiel cannot resample hidden bids, so ``ismcts`` does not play this game.
    """

    short_name = "goofspiel"
    aliases: ClassVar = {
        "goofspiel_4": "goofspiel(imp_info=true,num_cards=4,points_order=descending)",
        "goofspiel_4_3p": "goofspiel(imp_info=true,num_cards=4,players=3,points_order=descending)",
    }
    parameters = frozenset({"imp_info", "num_cards", "players", "points_order"})
    scoring = Scoring.WIN_LOSS
    themes = (Tag.CARDS, Tag.BETTING)

    @property
    def cards(self) -> int:
        """Cards in each hand, which equals the number of prize cards."""
        return int(self.spiel.get_parameters()["num_cards"])

    @property
    def hidden(self) -> bool:
        """True if players learn only who won each prize, never the bids."""
        return bool(self.spiel.get_parameters()["imp_info"])

    @property
    def order(self) -> str:
        """The order of prize cards: random, descending or ascending."""
        return str(self.spiel.get_parameters()["points_order"])

    @property
    def title(self) -> str:
        bids = "hidden" if self.hidden else "open"
        return (
            f"Goofspiel ({self.players} players, {self.cards} cards, prizes in {self.order} order, "
            f"{bids} bids)"
        )

    @property
    def oracle(self) -> Oracle:
        # With open bids both seats share one information state string, so a policy keyed by that
        # string cannot tell the seats apart.
        solved = self.hidden and self.players == 2 and self.cards <= SOLVED_CARDS
        return Oracle.EQUILIBRIUM if solved else Oracle.NONE

    def unsupported_reason(self) -> str | None:
        if not 2 <= self.cards <= MOST_CARDS or self.players > 3:
            return f"num_cards must be between 2 and {MOST_CARDS}, and players 2 or 3."
        return None

    def rules(self) -> str:
        *first, last = [self.seat_name(seat) for seat in range(self.players)]
        high = self.cards
        order = {
            "descending": f"from {high} down to 1",
            "ascending": f"from 1 up to {high}",
            "random": "in random order",
        }[self.order]
        shown = (
            "All are told who won the prize, or that nobody did, but not what the others bid."
            if self.hidden
            else "Then all bids are shown."
        )
        tied = (
            "if both have equally many, the game is a draw"
            if self.players == 2
            else "if more than one have the most, they share the win, and if all have equally "
            "many, the game is a draw"
        )
        return (
            f"Each of the {self.players} players, {', '.join(first)} and {last}, holds one card "
            f"of each number from 1 to {high}. There is one prize card of each number from 1 to "
            f"{high} too, worth that many points; the prize cards are turned up one by one, "
            f"{order}. For each prize, every player bids one card of their hand, all at the same "
            f"time and without knowing the other bids. The highest bid wins the prize; if more "
            f"than one player made the highest bid, nobody gets it. {shown} Cards that were bid "
            f"are used up, whoever wins. In the last round everybody's only card is bid for them. "
            f"The player with the most points at the end wins; {tied}."
        )

    def observation(self, state: pyspiel.State, seat: int) -> str:
        rounds = self.rounds_over(state)
        bid = {played.bids[seat] for played in rounds}
        gone = {played.prize for played in rounds} | {self.prize(state)}
        hand = [str(card) for card in range(1, self.cards + 1) if card not in bid]
        left = [str(card) for card in range(1, self.cards + 1) if card not in gone]
        points = [0] * self.players
        for played in rounds:
            if played.winner is not None:
                points[played.winner] += played.prize
        held = [f"{self.seat_name(s)} has {points[s]}" for s in range(self.players)]
        lines = [
            f"Round {n}: prize {played.prize}, {self._bids(played, seat)}, {self._won(played)}."
            for n, played in enumerate(rounds, 1)
        ]
        return "\n".join(
            [
                f"You are {self.seat_name(seat)}. Your cards: {listing(hand)}.",
                f"Prize card now: {self.prize(state)}. Prize cards still to come: {listing(left)}.",
                f"Points: {', '.join(held)}.",
                *lines,
            ]
        )

    def label(self, state: pyspiel.State, seat: int, action: int) -> str:
        return f"Bid {action + 1}"

    def history(self, trajectory: Sequence[Joint], observer: int) -> list[str]:
        # History has one line per round: a single bid is either hidden or says too little.
        lines = []
        for played in self.rounds_over(self.replay(trajectory)):
            bids = "" if self.hidden else f"{self._bids(played, None)}, "
            lines.append(f"Prize {played.prize}: {bids}{self._won(played)}")
        return lines

    def _bids(self, played: PrizeRound, seat: int | None) -> str:
        """Describe the bids of a round that ``seat`` may know."""
        if self.hidden and seat is not None:
            return f"you bid {played.bids[seat]}"
        return ", ".join(f"{self.seat_name(s)} bid {bid}" for s, bid in enumerate(played.bids))

    def _won(self, played: PrizeRound) -> str:
        return f"won by {'nobody' if played.winner is None else self.seat_name(played.winner)}"

    def rounds_over(self, state: pyspiel.State) -> list[PrizeRound]:
        """Return the completed rounds. The history holds a prize only where chance drew it."""
        steps = state.history()
        drawn = 1 if self.order == "random" else 0
        size = drawn + self.players
        return [
            PrizeRound(
                prize=self._prize_of(number, steps[start] + 1 if drawn else None),
                bids=[card + 1 for card in steps[start + drawn : start + size]],
            )
            for number, start in enumerate(range(0, len(steps) - size + 1, size))
        ]

    def prize(self, state: pyspiel.State) -> int:
        """Return the prize card that players are bidding for."""
        turned = state.history()[-1] + 1 if self.order == "random" else None
        return self._prize_of(len(self.rounds_over(state)), turned)

    def _prize_of(self, number: int, turned: int | None) -> int:
        if turned is not None:
            return turned
        return number + 1 if self.order == "ascending" else self.cards - number


GAME = Goofspiel

"""Leduc poker: two cards per rank, one public card, two betting rounds, 2 to 10 players."""

import pyspiel

from gamegrid.games.cards import SUITS, chips, ranks
from gamegrid.games.game import Game, Oracle, Scoring, Tag
from gamegrid.games.grids import listing

FOLD, CALL, RAISE = 0, 1, 2
ANTE, RAISE_SIZES, MAX_RAISES = 1, (2, 4), 2


class LeducPoker(Game):
    """OpenSpiel's leduc_poker; a card is 2 * rank + suit, or just the rank when suits are off."""

    short_name = "leduc_poker"
    parameters = frozenset({"players", "suit_isomorphism"})
    scoring = Scoring.MARGIN
    themes = (Tag.CARDS, Tag.BETTING)

    @property
    def title(self) -> str:
        return "Leduc poker" if self.players == 2 else f"Leduc poker for {self.players} players"

    @property
    def oracle(self) -> Oracle:
        return Oracle.EQUILIBRIUM if self.players == 2 else Oracle.NONE

    @property
    def suited(self) -> bool:
        """False if the two cards of a rank are indistinguishable."""
        return not self.spiel.get_parameters()["suit_isomorphism"]

    def card(self, number: int) -> str:
        """Return the name of a card."""
        names = ranks(self.players + 1)
        if not self.suited:
            return names[number]
        return f"{names[number // 2]} of {SUITS[number % 2]}"

    def rules(self) -> str:
        n = self.players
        names = ranks(n + 1)
        order = ", ".join(self.seat_name(seat) for seat in range(n))
        return (
            f"The deck has {2 * (n + 1)} cards: two of each rank, the ranks from low to high "
            f"being {listing(names)}. Suits do not matter. Each of the {n} players puts "
            f"{chips(ANTE)} into the pot and is dealt one card, seen by that player only. There "
            f"are two rounds of betting, each in the order {order}, starting with "
            f"{self.seat_name(0)} (players who have folded are left out). In a turn a player may "
            f"Check (add nothing) if they have put in as much as everybody else, or else Call "
            f"(add what is missing) or Fold (give up the pot); and may Raise, which is to call "
            f"and add {RAISE_SIZES[0]} chips more in the first round or {RAISE_SIZES[1]} chips "
            f"more in the second. At most {MAX_RAISES} raises are made in a round. A round ends "
            f"when every player still in has put in the same and has had a turn since the last "
            f"raise. After the first round one card is turned up for all to see. After the "
            f"second, the players still in show their cards: a card of the same rank as the "
            f"public card is a pair and wins; without a pair the highest rank wins; equal ranks "
            f"share the pot. If all others fold, the last one takes it at once. A player's "
            f"result is what they take from the pot minus what they put in."
        )

    def label(self, state: pyspiel.State, seat: int, action: int) -> str:
        match action:
            case 0:
                return "Fold"
            case 1:
                return "Call" if FOLD in state.legal_actions() else "Check"
            case _:
                return "Raise"

    def observation(self, state: pyspiel.State, seat: int) -> str:
        # Right only while the game lasts: at the end, OpenSpiel's money has the pot paid out.
        stakes = [100 - money for money in state.money()]
        owed = max(stakes) - stakes[seat]
        second = state.round() == 2
        public = self.card(state.public_card()) if second else "not turned up yet"
        betting = self._betting(state)
        lines = [
            f"You are {self.seat_name(seat)}. Your card: {self.card(state.private_card(seat))}. "
            f"Public card: {public}.",
            f"Pot: {chips(sum(stakes))}, of which you put in {chips(stakes[seat])}. "
            + (f"To call costs {chips(owed)}." if owed else "There is nothing to call."),
            f"First round so far: {listing(betting[0])}.",
        ]
        if second:
            lines.append(f"Second round so far: {listing(betting[1])}.")
        return "\n".join(lines)

    def describe_chance(self, state: pyspiel.State, action: int, observer: int) -> str | None:
        dealt = len(state.history())
        if dealt < self.players:
            return None  # a private card, which its owner sees in the observation
        return f"Public card: {self.card(action)}"

    def _betting(self, state: pyspiel.State) -> tuple[list[str], list[str]]:
        """Return the words of both betting rounds.

        It replays the history, because the seat of an action depends on who folded.
        """
        rounds: tuple[list[str], list[str]] = ([], [])
        shadow = self.spiel.new_initial_state()
        for action in state.history():
            if not shadow.is_chance_node():
                who = shadow.current_player()
                word = self.label(shadow, who, action)
                rounds[shadow.round() - 1].append(f"{self.seat_name(who)} {DONE[word]}")
            shadow.apply_action(action)
        return rounds


DONE = {"Fold": "folded", "Check": "checked", "Call": "called", "Raise": "raised"}

GAME = LeducPoker

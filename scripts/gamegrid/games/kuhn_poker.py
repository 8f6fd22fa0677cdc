"""Kuhn poker: one card each and one round of betting, for 2 to 10 players."""

from typing import ClassVar

import pyspiel

from gamegrid.games.cards import chips, ranks
from gamegrid.games.game import Game, Oracle, Scoring, Tag
from gamegrid.games.grids import listing

PASS, BET = 0, 1
DONE = {"Check": "checked", "Bet": "bet", "Fold": "folded", "Call": "called"}


class KuhnPoker(Game):
    """OpenSpiel's kuhn_poker; the first ``players`` actions of a history are the cards dealt."""

    short_name = "kuhn_poker"
    aliases: ClassVar = {"kuhn_poker_3p": "kuhn_poker(players=3)"}
    parameters = frozenset({"players"})
    scoring = Scoring.MARGIN
    themes = (Tag.CARDS, Tag.BETTING)

    @property
    def title(self) -> str:
        return "Kuhn poker" if self.players == 2 else f"Kuhn poker for {self.players} players"

    @property
    def oracle(self) -> Oracle:
        return Oracle.EQUILIBRIUM if self.players == 2 else Oracle.NONE

    @property
    def deck(self) -> tuple[str, ...]:
        """The cards, lowest first: one more than there are players."""
        return ranks(self.players + 1)

    def rules(self) -> str:
        n = self.players
        order = ", ".join(self.seat_name(seat) for seat in range(n))
        return (
            f"The deck has {n + 1} cards, from low to high: {listing(self.deck)}. Each of the "
            f"{n} players puts 1 chip into the pot and is dealt one card, seen by that player "
            f"only; the remaining card is not used. There is one round of betting, in the order "
            f"{order}. While nobody has bet, a player may Check (add nothing) or Bet (add 1 "
            f"chip). Once somebody has bet, each other player in turn, going round the table "
            f"and including those who checked before, may Fold (give up the pot) or Call (add 1 "
            f"chip); nobody can raise. If everybody checks, or when all others have answered the "
            f"bet, the players who have not folded show their cards and the highest card takes "
            f"the pot. A player's result is what they take from the pot minus what they put in."
        )

    def label(self, state: pyspiel.State, seat: int, action: int) -> str:
        facing_bet = BET in self._betting(state)
        if action == PASS:
            return "Fold" if facing_bet else "Check"
        return "Call" if facing_bet else "Bet"

    def observation(self, state: pyspiel.State, seat: int) -> str:
        card = self.deck[state.history()[seat]]
        betting = self._betting(state)
        done = [f"{self.seat_name(s)} {DONE[word]}" for s, word in self._words(betting)]
        pot = self.players + betting.count(BET)
        return (
            f"You are {self.seat_name(seat)}. Your card: {card}. Pot: {chips(pot)}.\n"
            f"Betting so far: {listing(done)}."
        )

    def _betting(self, state: pyspiel.State) -> list[int]:
        return list(state.history()[self.players :])

    def _words(self, betting: list[int]) -> list[tuple[int, str]]:
        """Return each betting action as (seat, word), in order."""
        words = []
        for k, action in enumerate(betting):
            facing_bet = BET in betting[:k]
            if action == PASS:
                word = "Fold" if facing_bet else "Check"
            else:
                word = "Call" if facing_bet else "Bet"
            words.append((k % self.players, word))
        return words


GAME = KuhnPoker

"""Draw generated card games: both cards, the stakes, and the betting."""

import pyspiel

from gamegrid.games.cards import chips
from gamegrid.games.generated_cards import CALL, FOLD, GeneratedCards
from gamegrid.report.boards import table
from gamegrid.report.boards.board import Board


def draw(game: GeneratedCards, state: pyspiel.State, seat: int | None = None) -> str:
    """Draw both hands face up, or only that of ``seat``."""
    said = list(table.moves(game, state))
    hands = [
        table.Hand(
            game.seat_name(owner), [table.shown(str(card), owner, seat)], _note(game, owner, said)
        )
        for dealt in state.history()[:1]
        for owner, card in enumerate(game.deal.hands[dealt])
    ]
    ranking = table.Hand("Ranking", [], " < ".join(map(str, game.deal.ranking)), seated=False)
    betting = table.Words(("betting", ""), [(game.seat_name(mover), word) for mover, word in said])
    return table.draw(f"{game.title}.", [*hands, ranking], betting)


def _note(game: GeneratedCards, seat: int, said: list[tuple[int, str]]) -> str:
    own = [word for mover, word in said if mover == seat]
    bet = next((int(word.split()[1]) for _, word in said if word.startswith("Bet")), 0)
    added = bet if any(word == CALL or word.startswith("Bet") for word in own) else 0
    return f"{chips(game.deal.ante + added)}{', folded' if FOLD in own else ''}"


BOARD = Board(GeneratedCards, draw, seen=draw)

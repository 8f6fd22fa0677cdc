"""A real model's replies are parsed as a careful reader reads them."""

from collections import Counter
from functools import partial

import real_replies
from gamegrid import games
from gamegrid.backends.backend import FinishReason
from gamegrid.paths import WORKFLOW
from gamegrid.prompts.parser import parse
from real_replies import GAMES, GAMES_SHOWN, TEMPLATES, RealReply

REPLIES = real_replies.stored()
MOVES = 115
"""Replies in which a careful reader finds a move."""
FALSE_REJECTS = 1
"""Those of them that the parser does not read."""


def read(reply: RealReply) -> str | None:
    """Return the move that the parser reads."""
    position = real_replies.positions(reply.game)[reply.position]
    spellings = partial(games.load(reply.game).spellings, position.state, position.seat)
    return parse(reply.reply, FinishReason(reply.finish), reply.labels, spellings).label


def test_the_corpus_is_what_the_program_asks_for() -> None:
    assert len(REPLIES) >= 500
    cells = [(game, template, False) for game in GAMES for template in TEMPLATES]
    cells += [(game, template, True) for game in GAMES_SHOWN for template in TEMPLATES]
    held = Counter((reply.game, reply.template, reply.shown) for reply in REPLIES)
    assert held == dict.fromkeys(cells, real_replies.POSITIONS)
    for reply in REPLIES:
        assert reply.labels == real_replies.positions(reply.game)[reply.position].seen.labels


def test_readings_are_legal_moves_of_whole_replies() -> None:
    moves = [reply for reply in REPLIES if reply.right is not None]
    assert len(moves) == MOVES
    assert all(reply.right in reply.labels and reply.finish == "stop" for reply in moves)


def test_the_parser_reads_no_wrong_move_and_misses_no_more_than_stated() -> None:
    pairs = [(reply, read(reply)) for reply in REPLIES]
    assert [pair for pair in pairs if pair[1] not in (None, pair[0].right)] == []
    missed = [reply.reply for reply, move in pairs if move is None and reply.right is not None]
    assert len(missed) == FALSE_REJECTS, "\n\n".join(missed)


def test_the_documents_table_is_the_corpus() -> None:
    text = (WORKFLOW / "docs/agents.md").read_text("utf-8")
    assert real_replies.table(REPLIES) in text, (
        "put in what `python tests/prompts/real_replies.py table` prints"
    )

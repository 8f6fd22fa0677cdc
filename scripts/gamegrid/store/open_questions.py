"""Which questions are open by their anytime intervals, and what would decide them."""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

from gamegrid.stats.anytime import FIRST_LOOK, deals_to_decide
from gamegrid.stats.equivalence import within
from gamegrid.stats.intervals import SAME, Interval, NoInterval, Reason
from gamegrid.store.comparisons import Compared, Question
from gamegrid.store.equivalences import Planned
from gamegrid.store.values import TableRow


class Answer(StrEnum):
    """What the anytime interval says of an agent and a rival."""

    BETTER = "better"
    WORSE = "worse"
    EQUIVALENT = "equivalent"
    OPEN = "open"


def open_questions(
    compared: Sequence[Compared], planned: Mapping[Question, Planned]
) -> Iterator[TableRow]:
    """Yield a row for every question in one game that further deals can answer.

    Further deals of a model whose results are provisional would be more of the same.
    With a plan, only primary questions are to be played on.
    """
    only_primary = any(each.primary for each in planned.values())
    for pair in compared:
        if pair.game is None or not pair.deals or pair.test == NoInterval(Reason.PROVISIONAL):
            continue
        asked = planned.get(pair.question)
        margin = asked.margin if asked else None
        answer = _answer(pair, margin)
        needed = _needed(pair, margin) if answer is Answer.OPEN else None
        counts = not only_primary or (asked is not None and asked.primary)
        further = min(needed, 2 * pair.deals) if needed is not None and counts else None
        if needed is not None and counts and pair.deals < FIRST_LOOK:
            further = FIRST_LOOK
        yield *pair.question, pair.deals, margin, answer.value, needed, further


def _answer(pair: Compared, margin: float | None) -> Answer:
    match pair.anytime:
        case Interval() as found:
            if margin is not None and within(found, margin):
                return Answer.EQUIVALENT
            return _side(found.low, found.high)
        case NoInterval(reason):
            known = reason in (Reason.DETERMINISTIC, Reason.EVERY_DEAL)
            if not known or pair.difference is None:
                return Answer.OPEN
            if abs(pair.difference) < max(margin or 0.0, SAME):
                return Answer.EQUIVALENT
            return _side(pair.difference, pair.difference)


def _side(low: float, high: float) -> Answer:
    if low > 0:
        return Answer.BETTER
    return Answer.WORSE if high < 0 else Answer.OPEN


def _needed(pair: Compared, margin: float | None) -> int | None:
    """Return the deals that would decide an open question; None if they are out of reach."""
    if pair.deals < FIRST_LOOK:
        return FIRST_LOOK
    if pair.difference is None or not isinstance(pair.anytime, Interval):
        return None
    return deals_to_decide(pair.anytime, pair.difference, pair.deals, margin)

"""The result of parsing one reply, apart from the parser, whose patterns take long to load."""

from dataclasses import dataclass

from gamegrid.records.record_types import Failure


@dataclass(frozen=True, slots=True)
class Parsed:
    """The result of parsing one reply: exactly one of ``label`` and ``failure`` is set.

    ``label`` is spelled as in the list of legal labels. ``reasoning`` joins the text of think
    blocks and the ``reasoning`` of the answering JSON object, in this order; None if there is
    neither. Raises ValueError if both or neither of ``label`` and ``failure`` are set.
    """

    label: str | None
    failure: Failure | None
    reasoning: str | None

    def __post_init__(self) -> None:
        if (self.label is None) == (self.failure is None):
            raise ValueError("a parsed reply needs either a label or a failure, not both")

"""What a test of a pair of agents says, for those who make it and those who read it."""

from enum import StrEnum


class Verdict(StrEnum):
    """What the results say of an agent and a rival."""

    BETTER = "better"
    WORSE = "worse"
    NOT_TOLD_APART = "not told apart"
    EQUAL = "equal"
    """Nothing is left to luck, and the difference is 0."""

"""Hold the reply parser to a corpus of replies labelled by a careful reader.

Each case in ``replies/`` states how the reply should be read. Two figures decide. Wrong moves (the
parser takes a move that the model did not choose) must not occur. False rejects (the model chose a
legal move and the parser misses it) must be rare.

How to read a reply:

* Think blocks do not count. A block that never closes swallows everything after it; a closing
  tag alone, everything before it.
* An answer is a JSON object with an ``action`` key or an ``Action:`` line. JSON that a person reads
  without hesitation counts as JSON.
* Its value must be one legal label up to case, spaces, punctuation, markup and quotes. Two
  labels, a negation, a condition, a comparison or anything else is not a move.
* Answers that name the same move are one. Of different answers the last counts only if the words
  before it plainly put it in place of the others. Otherwise, and if words after the answer take it
  back, the reply states no move.
* An answer that belongs to another player, to another turn or to an example is not this turn's.
* A reply cut off by the token limit or stopped by a filter holds no move, whatever it says.

``replies.jsonl`` holds further cases, one a line: the reply, the legal labels, the right reading
(``right`` is a label, or null with the ``failure`` if that is beyond doubt) and what it was written
after. Their readings were fixed before the parser saw them; readings that a second look found wrong
were corrected. The ``first`` part was written with the parser. Each later part was new to the
parser when it was first run, and the parser was repaired afterwards. ``FIRST_RUNS`` holds the
results of those first runs, which estimate how the parser does on unseen replies. Most of these
replies were invented to mislead it, so it does better on ordinary ones.
"""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from gamegrid.backends.backend import FinishReason
from gamegrid.prompts.parser import parse
from gamegrid.records.record_types import Failure

FOLDER = Path(__file__).parent / "replies"
LINES = Path(__file__).parent / "replies.jsonl"
KEYS = {"id", "labels", "finish", "reply", "truth", "failure", "why"}
FEWEST_CASES = 1_500
FEWEST_LINES = 1_000
FIRST_RUNS = {
    # part: replies, wrong moves, replies with a move, false rejects among them
    "second": (192, 6, 66, 5),
    "hostile": (196, 15, 17, 3),
    "third": (172, 14, 54, 1),
    "fourth": (97, 15, 33, 1),
    "fifth": (99, 2, 40, 2),
}
MOST_FALSE_REJECTS = 0.02
"""As a share of the cases whose truth is a legal move."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One reply and how a person reads it. ``failure`` is stated only where it is beyond doubt."""

    id: str
    labels: tuple[str, ...]
    finish: FinishReason
    reply: str
    truth: str | None
    failure: Failure | None
    why: str


def read(entry: dict[str, Any]) -> Case:
    """Build a case; reject unknown or missing keys and anything that YAML did not parse as text."""
    missing = KEYS - {"failure"} - entry.keys()
    unknown = entry.keys() - KEYS
    assert not missing and not unknown, f"{entry.get('id')}: missing {missing}, unknown {unknown}"
    texts = [entry["id"], entry["reply"], entry["why"], *entry["labels"]]
    assert all(isinstance(text, str) for text in texts), f"{entry['id']}: not text"
    failure = entry.get("failure")
    return Case(
        id=entry["id"],
        labels=tuple(entry["labels"]),
        finish=FinishReason(entry["finish"]),
        reply=entry["reply"],
        truth=entry["truth"],
        failure=None if failure is None else Failure(failure),
        why=entry["why"],
    )


def read_line(number: int, entry: dict[str, Any]) -> Case:
    """Build a case from a line of ``replies.jsonl``; lines are named by part and number."""
    return read(
        {
            "id": f"{entry['part']}-{number}",
            "labels": entry["labels"],
            "finish": "stop",
            "reply": entry["reply"],
            "truth": entry["right"],
            "failure": entry["failure"],
            "why": f"{entry['kind']} ({entry['source']})",
        }
    )


ENTRIES = [json.loads(line) for line in LINES.read_text(encoding="utf-8").splitlines()]
FROM_LINES = [read_line(number, entry) for number, entry in enumerate(ENTRIES, 1)]
CASES = FROM_LINES + [
    read(entry)
    for path in sorted(FOLDER.glob("*.yaml"))
    for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["cases"]
]
READ = [(case, parse(case.reply, case.finish, case.labels)) for case in CASES]


def told(case: Case, label: str | None, failure: Failure | None) -> str:
    """Describe a mismatch in one line, for the person who fixes the parser."""
    return f"{case.id}: read {label!r} ({failure}), truth {case.truth!r}: {case.why}"


def test_there_are_enough_distinct_cases() -> None:
    distinct = {(case.reply, case.finish, case.labels) for case in CASES}
    assert len(distinct) == len(CASES) >= FEWEST_CASES
    assert len(FROM_LINES) >= FEWEST_LINES


def test_ids_are_unique() -> None:
    assert [name for name, n in Counter(case.id for case in CASES).items() if n > 1] == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_truth_is_possible(case: Case) -> None:
    assert len(set(case.labels)) == len(case.labels)
    if case.truth is None:
        return
    assert case.truth in case.labels
    assert case.failure is None
    assert case.finish is FinishReason.STOP


def test_no_wrong_moves() -> None:
    wrong = [
        told(case, got.label, got.failure)
        for case, got in READ
        if got.label is not None and got.label != case.truth
    ]
    print(f"wrong moves: {len(wrong)} of {len(CASES)}")
    assert wrong == []


def test_few_false_rejects() -> None:
    moves = [(case, got) for case, got in READ if case.truth is not None]
    rejected = [told(case, got.label, got.failure) for case, got in moves if got.label is None]
    print(f"false rejects: {len(rejected)} of {len(moves)}")
    assert len(rejected) <= MOST_FALSE_REJECTS * len(moves), "\n".join(rejected)


@pytest.mark.parametrize("part", ["first", *FIRST_RUNS])
def test_each_part_is_read_better_than_in_its_first_run(part: str) -> None:
    """The parser was repaired after each first run, so this only keeps it from falling back."""
    pairs = [(case, got) for case, got in READ if case.id.startswith(f"{part}-")]
    moves = [(case, got) for case, got in pairs if case.truth is not None]
    wrong = sum(got.label not in (None, case.truth) for case, got in pairs)
    rejected = sum(got.label is None for _, got in moves)
    print(f"{part}: {wrong} wrong of {len(pairs)}, {rejected} rejected of {len(moves)} moves")
    assert pairs
    assert (wrong, rejected) <= FIRST_RUNS.get(part, (0, 0, 0, 0))[1::2]


def test_every_reply_has_a_label_or_a_failure_and_never_both() -> None:
    odd = [case.id for case, got in READ if (got.label is None) == (got.failure is None)]
    assert odd == []


def test_failures_are_called_by_their_name() -> None:
    misnamed = [
        told(case, got.label, got.failure) + f" (failure {case.failure})"
        for case, got in READ
        if case.failure is not None and got.failure is not case.failure
    ]
    assert misnamed == []

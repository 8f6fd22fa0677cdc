"""Compare a faulty provider's ledger of answers sold with the answers that gamegrid recorded."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from faulty import GOOD, LOST, Entry, Fault
from gamegrid.backends import litellm_api
from provider_forms import Question

Row = dict[str, Any]
Turn = tuple[str, int, int, int, int]
"""Matchup, deal, seating, ply and seat."""
MOST_ATTEMPTS = 6
MOST_LOST = 3
"""Limits: requests per answer, and requests per answer that may have been paid for in vain."""
NOT_PLAYED = ("run", "run_id", "duration_s")
"""Episode columns that depend on when and by which job the episode was played."""
TRANSPORT = ("latency_s", "transport_attempts", "maybe_billed", "replayed")
"""Call columns that depend on how the reply was obtained."""


@dataclass(frozen=True, slots=True)
class Filed:
    """One reply in the journal: the turn, the question and the answer on file."""

    turn: Turn
    attempt: int
    question: str
    completion: Row


def journal(results: Path) -> list[Filed]:
    """Return every line of every journal."""
    paths = sorted((results / "journal").rglob("*.jsonl"))
    return [_filed(json.loads(line)) for path in paths for line in path.read_text().splitlines()]


def _filed(line: Row) -> Filed:
    key, request = line["key"], line["request"]
    provider, model = litellm_api.split_name(request["model"])
    # Anthropic takes no sampling seed, so requests to it carry none.
    seed = None if provider == "anthropic" else request["sampling"]["seed"]
    said = tuple((message["role"], message["content"]) for message in request["messages"])
    return Filed(
        turn=(key["matchup"], key["deal"], key["seating"], key["ply"], key["seat"]),
        attempt=key["attempt"],
        question=Question(model, said, seed).digest,
        completion=line["completion"],
    )


def episodes(chunks: Iterable[Path]) -> list[Row]:
    """Return every episode of chunk files, with its seats, decisions and calls as lists."""
    found: list[Row] = []
    for path in sorted(chunks):
        with duckdb.connect() as connection:
            rows = connection.execute(f"SELECT * FROM read_parquet('{path}')")
            names = [column[0] for column in rows.description or ()]
            found += [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
    return sorted(found, key=lambda row: str(row["episode_id"]))


def timeless(played: Iterable[Row]) -> list[Row]:
    """Return episodes without times, run ids and transport attempts."""
    return [
        {name: value for name, value in episode.items() if name not in NOT_PLAYED}
        | {
            "decisions": _without(episode["decisions"], "latency_s"),
            "calls": _without(episode["calls"], *TRANSPORT),
        }
        for episode in played
    ]


def _without(rows: Iterable[Row], *names: str) -> list[Row]:
    return [{name: value for name, value in row.items() if name not in names} for row in rows]


def by_question(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """Group the requests by question, in order."""
    found: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        found[entry.question].append(entry)
    return {question: sorted(tries, key=lambda e: e.attempt) for question, tries in found.items()}


def check_sales(sold: Sequence[Entry], filed: Sequence[Filed]) -> None:
    """Check that every delivered answer is filed, and that nothing is asked again without need."""
    got = Counter(line.question for line in filed)
    assert max(got.values()) == 1, "a reply was filed twice"
    completions = {line.question: line.completion for line in filed}
    for question, tries in by_question(sold).items():
        *before, last = tries
        assert not any(entry.delivered for entry in before), tries
        assert last.delivered == (question in got), tries
        assert all(entry.fault is not Fault.NONE for entry in before), tries
        lost = sum(entry.fault in LOST for entry in tries)
        assert lost <= MOST_LOST, tries
        assert len(tries) <= MOST_ATTEMPTS, tries
        if last.delivered:
            completion = completions[question]
            assert completion["transport_attempts"] == len(tries), tries
            assert completion.get("maybe_billed", lost) == lost, tries


def check_decisions(
    played: Iterable[Row], filed: Iterable[Filed], sold: Iterable[Entry]
) -> Counter[str]:
    """Check that no bad answer counts as good; return the number of model decisions per status."""
    delivered = {entry.question: entry for entry in sold if entry.delivered}
    answers: dict[Turn, dict[int, Entry]] = defaultdict(dict)
    for line in filed:
        answers[line.turn][line.attempt] = delivered[line.question]
    statuses: Counter[str] = Counter()
    for episode in played:
        for decision in episode["decisions"]:
            if decision["attempts"]:
                turn = (episode["matchup"], episode["deal"], episode["seating"])
                _check(decision, answers[*turn, decision["ply"], decision["seat"]])
                statuses[decision["status"]] += 1
    return statuses


def _check(decision: Row, answers: Mapping[int, Entry]) -> None:
    """Check that the last answer gave the move and no earlier one did, or that none did."""
    given = [answers[attempt].label for attempt in range(decision["attempts"])]
    good = [answers[attempt].slip in GOOD for attempt in range(decision["attempts"])]
    assert not any(good[:-1]), decision
    if decision["status"] in ("ok", "rethought"):
        assert good[-1] and given[-1] == decision["label"], decision
        assert (decision["status"] == "ok") == (len(given) == 1), decision
    else:
        assert not good[-1], decision

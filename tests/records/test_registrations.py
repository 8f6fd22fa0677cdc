"""Preregistered plans: one line per plan, before anything is played, and no line can be edited."""

import json
from pathlib import Path

import pytest

from gamegrid.errors import UserError
from gamegrid.records import registrations
from gamegrid.records.registrations import GamePlan, PlannedQuestions

PLAN = PlannedQuestions(
    pairs=(("a", "b"),), games={"nim": GamePlan(deals=20, margin=0.1)}, cells={"nim/a--b": "0" * 64}
)
LONGER = PLAN.model_copy(update={"games": {"nim": GamePlan(deals=40, margin=0.1)}})


def noted(results: Path) -> list[registrations.Registration]:
    return registrations.read(results / registrations.NAME)


def test_an_equal_plan_is_noted_once_and_every_change_again(tmp_path: Path) -> None:
    for plan in (PLAN, PLAN, LONGER, LONGER, PLAN):
        registrations.note(tmp_path, plan)
    assert [each.plan for each in noted(tmp_path)] == [PLAN, LONGER, PLAN]


def test_without_a_plan_nothing_is_noted_until_one_is_taken_out(tmp_path: Path) -> None:
    registrations.note(tmp_path, None)
    assert not (tmp_path / registrations.NAME).exists()
    registrations.note(tmp_path, PLAN)
    for _ in range(2):
        registrations.note(tmp_path, None)
    assert [each.plan for each in noted(tmp_path)] == [PLAN, PlannedQuestions()]


def test_a_line_says_what_was_played_before(tmp_path: Path) -> None:
    registrations.note(tmp_path, PLAN)
    for name in ("chunks/nim/a--b/00000-00009.parquet", "journal/kuhn_poker/a--c/0-9.jsonl"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "journal/kuhn_poker/a--b").mkdir()
    (tmp_path / "journal/kuhn_poker/a--b/0-9.jsonl").touch()  # opened, nothing asked
    registrations.note(tmp_path, LONGER)
    assert [each.played for each in noted(tmp_path)] == [
        frozenset(),
        {"nim/a--b", "kuhn_poker/a--c"},
    ]


def test_the_digest_is_that_of_the_plan_as_canonical_json(tmp_path: Path) -> None:
    """Equal plans have equal digests on every machine, and the order of keys does not matter."""
    turned = PlannedQuestions.model_validate(
        json.loads(json.dumps(PLAN.model_dump(mode="json"), sort_keys=True))
    )
    assert turned.sha256 == PLAN.sha256 != LONGER.sha256


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"deals": 20', '"deals": 30', "was edited"),
        ('"margin": 0.1', '"margin": -1', "not a preregistration"),
        ('"at": "2', '"at": "never 2', "not a preregistration"),
        ("{", "[", "not a preregistration"),
    ],
)
def test_an_edited_line_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    registrations.note(tmp_path, PLAN)
    path = tmp_path / registrations.NAME
    path.write_text(path.read_text().replace(old, new, 1))
    for act in (lambda: noted(tmp_path), lambda: registrations.note(tmp_path, LONGER)):
        with pytest.raises(UserError, match=f"line 1 .*{said}"):
            act()


def test_a_torn_line_does_not_count_and_is_replaced(tmp_path: Path) -> None:
    registrations.note(tmp_path, PLAN)
    path = tmp_path / registrations.NAME
    path.write_bytes(path.read_bytes() + b'{"at": "20')
    assert len(noted(tmp_path)) == 1
    registrations.note(tmp_path, LONGER)
    assert [each.plan for each in noted(tmp_path)] == [PLAN, LONGER]


def test_a_merge_takes_over_their_plans_once_in_the_order_of_time(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    registrations.note(theirs, PLAN)
    registrations.note(ours, LONGER)
    for _ in range(2):
        registrations.merge(theirs / registrations.NAME, ours / registrations.NAME)
    found = noted(ours)
    assert {each.plan.sha256 for each in found} == {PLAN.sha256, LONGER.sha256}
    assert len(found) == 2 and [each.at for each in found] == sorted(each.at for each in found)

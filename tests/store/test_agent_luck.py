"""Which agents draw luck: the answers to repeated questions against what agents declare."""

from pathlib import Path
from typing import Any

import pytest

from gamegrid import plugins
from gamegrid.store.database import build
from outside import AGENT
from store_samples import query
from test_grid_rows import play

UNDECLARED = AGENT.replace("    traits=lambda settings: Traits(draws_luck=False),\n", "")
SEVEN_PERCENT = """        if turn.draw("slip").random() < 0.07:
            return Decision(action=turn.legal[-1])
        wanted ="""
SLIPPING = AGENT.replace("        wanted =", SEVEN_PERCENT)
"""Declares that it draws no luck, but slips in 7 % of its moves, as a busy server might."""

CELLS = [f"{column}{row}" for row in "123" for column in "abc"]


def results(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    agents: dict[str, Any],
    plugin: str = UNDECLARED,
    **keys: Any,
) -> Path:
    """Play agents against each other and return the database."""
    monkeypatch.chdir(folder)
    (folder / "mine").mkdir()
    (folder / "mine/eager.py").write_text(plugin)
    usual = {"plugins": ["mine"], "games": ["tic_tac_toe"], "deals": 30, "opening_plies": 0}
    with plugins.using(()):
        own, sources = play(folder, {**usual, **keys, "agents": agents}, controls=False)
        build(folder / "gamegrid.duckdb", own, sources)
    return folder / "gamegrid.duckdb"


def eager(*wishes: str) -> dict[str, Any]:
    return {f"for_{wish.lower()}": {"type": "eager", "wish": wish} for wish in wishes}


def told(path: Path) -> dict[str, tuple[str | None, bool, str, str | None]]:
    """What an agent declares, whether its answers differ, what it counts as, and the warning."""
    rows = query(path, "SELECT agent, declared, differed > 0, counts_as, warning FROM luck")
    return {agent: tuple(rest) for agent, *rest in rows}  # type: ignore[misc]


def test_a_bot_that_declares_nothing_and_repeats_itself_draws_no_luck(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = results(tmp_path, monkeypatch, eager("a1", "b2"))
    assert told(path) == dict.fromkeys(("for_a1", "for_b2"), (None, False, "no luck", None))
    found = query(path, "SELECT DISTINCT reason FROM head_to_head")
    assert found == [("deterministic",)]


def test_a_few_equal_answers_show_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three deals repeat at most eight answers twice in each of two seats."""
    path = results(tmp_path, monkeypatch, eager("a1", "b2"), deals=3)
    assert set(told(path).values()) == {(None, False, "luck", None)}
    assert query(path, "SELECT DISTINCT reason FROM head_to_head") == [(None,)]


def test_a_different_answer_overrules_every_declaration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = results(tmp_path, monkeypatch, eager("a1", "b2"), SLIPPING)
    warned = ("no luck", True, "luck", "declared without luck, but differs")
    assert told(path) == dict.fromkeys(("for_a1", "for_b2"), warned)
    assert query(path, "SELECT DISTINCT reason FROM head_to_head") == [(None,)]


def test_a_list_of_preferences_draws_luck_where_it_is_too_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agents = {
        "short": {"type": "preference", "prefer": ["b2"]},
        "full": {"type": "preference", "prefer": CELLS},
        "random": {"type": "random"},
    }
    assert told(results(tmp_path, monkeypatch, agents)) == {
        "short": (None, True, "luck", None),
        "full": (None, False, "no luck", None),
        "random": ("luck", True, "luck", None),
    }


def test_the_same_luck_against_many_opponents_is_one_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A random bot opens alike against all of nine opponents, with the luck of the one deal."""
    agents = {**eager(*CELLS), "random": {"type": "random"}}
    path = results(tmp_path, monkeypatch, agents, deals=1)
    assert query(path, "SELECT * FROM luck WHERE agent = 'random'") == []


@pytest.mark.parametrize("game", ["leduc_poker", "goofspiel_4", "prisoners_dilemma", "pig"])
def test_what_was_hidden_or_happened_before_makes_another_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, game: str
) -> None:
    """A bot without luck never differs, whatever dice, hidden cards or other seats' moves did."""
    path = results(tmp_path, monkeypatch, eager("Bet", "Roll"), games=[game], deals=60)
    asked = query(path, "SELECT sum(repeats)::INTEGER, sum(differed)::INTEGER FROM luck")
    assert asked[0][0] > 100
    assert asked[0][1] == 0


def test_an_opening_makes_another_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Random moves before the first decision count as what happened before."""
    path = results(tmp_path, monkeypatch, eager("a1", "b2"), deals=60, opening_plies=2)
    assert told(path) == dict.fromkeys(("for_a1", "for_b2"), (None, False, "no luck", None))

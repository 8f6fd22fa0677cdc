"""Replies that are missing without a trace in the journal itself are noticed by their number."""

import shutil
from pathlib import Path

import pytest

from gamegrid.__main__ import main
from gamegrid.commands.merge_command import merge
from gamegrid.errors import UserError
from gamegrid.jobs import preconditions
from gamegrid.plan import plan
from gamegrid.records import upkeep
from gamegrid.store import journal_counts, looks

KUHN = "kuhn_poker/alone--random"


@pytest.fixture
def results(result_set: Path, tmp_path: Path) -> Path:
    """A copy of a result set, with the look that its tables were."""
    copy = tmp_path / "results"
    shutil.copytree(result_set, copy)
    looks.note(copy / looks.NAME, copy / "gamegrid.duckdb")
    return copy


def test_whole_results_lack_nothing(results: Path) -> None:
    assert journal_counts.shortfalls(results) == []
    counts = looks.replies(results / looks.NAME)
    assert counts[KUHN] > 0
    filed = {cell.cell: cell.replies for cell in upkeep.summaries(results)}
    assert {cell: filed[cell] for cell in counts} == counts


@pytest.mark.parametrize("witness", ["the chunk files", "the tables in"])
@pytest.mark.parametrize("removed", ["journal", f"journal/{KUHN}"])
def test_a_journal_removed_with_its_heads_is_noticed(
    results: Path, witness: str, removed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if witness == "the tables in":
        shutil.rmtree(results / "chunks")
    shutil.rmtree(results / removed)
    lacking = journal_counts.shortfalls(results)
    assert KUHN in [each.cell for each in lacking]
    assert all(witness in str(each) and "holds 0 replies" in str(each) for each in lacking)
    assert journal_counts.shortfalls(results, {"kuhn_poker/other"}) == []
    assert main(["journal", "accept", str(results)]) == 0
    assert "replies of the" in capsys.readouterr().out
    assert journal_counts.shortfalls(results) == lacking, "only --yes accepts"
    assert main(["journal", "accept", str(results), "--yes"]) == 0
    assert journal_counts.shortfalls(results) == []
    assert main(["journal", "accept", str(results)]) == 0
    assert capsys.readouterr().out.endswith("nothing is lost\n")


def test_a_head_that_a_kill_left_behind_is_no_shortfall(results: Path) -> None:
    for head in (results / "journal" / KUHN).glob("*.head"):
        head.write_text('{"lines": 0, "digest": ""}')
    assert journal_counts.shortfalls(results) == []


def test_a_pruned_cell_may_be_paid_for_again(results: Path, tmp_path: Path) -> None:
    grid = tmp_path / "grid.yaml"
    grid.write_text("{games: [kuhn_poker], agents: {a: {type: random}, b: {type: random}}}")
    asked = ["journal", "prune", str(results), "--configfile", str(grid), "--yes"]
    assert main(asked) == 0
    assert not list((results / "journal").rglob("*.jsonl"))
    assert journal_counts.shortfalls(results) == []


def test_episodes_merged_without_their_replies_are_named_once(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    shutil.copytree(results, theirs)
    shutil.rmtree(theirs / "journal/kuhn_poker")
    (ours / "journal").mkdir(parents=True)
    shutil.copy(theirs / "stamp.json", ours)
    assert main(["merge", str(theirs), "--into", str(ours)]) == 1
    assert f"replies of {KUHN} are in no journal of {theirs}" in capsys.readouterr().out
    assert journal_counts.shortfalls(ours) == []
    with pytest.raises(UserError, match="journal accept"):
        merge(theirs, results)  # what lacks replies itself takes none


def test_a_run_refuses_before_it_plays(results: Path) -> None:
    models = results.parent / "models.yaml"
    models.write_text("models: [{name: litellm_openai/m, api_base: 'http://127.0.0.1:9'}]")
    model = {"type": "llm", "model": "litellm_openai/m"}
    raw = {
        "games": ["tic_tac_toe", "kuhn_poker"],
        "deals": 4,
        "models": [str(models)],
        "agents": {"alone": model, "random": {"type": "random"}},
    }
    made = plan.make(raw, results.parent)
    preconditions.check_journal(made, results)
    [path] = (results / "journal" / KUHN).glob("*.jsonl")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match="was shortened"):
        preconditions.check_journal(made, results)
    path.write_bytes(whole)
    shutil.rmtree(path.parent)
    with pytest.raises(UserError, match="holds 0 replies, but the chunk files count"):
        preconditions.check_journal(made, results)

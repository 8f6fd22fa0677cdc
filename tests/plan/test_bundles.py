"""Jobs that play several chunks: few of them, of equal needs, and stable as a grid grows."""

from pathlib import Path
from typing import Any

from gamegrid.plan import plan
from gamegrid.plan.bundles import Bundle
from gamegrid.plan.plan import Plan


def hosted(number: int) -> dict[str, Any]:
    return {f"m{n}": {"type": "llm", "model": f"litellm_openai/m{n}"} for n in range(number)}


def make(folder: Path, agents: dict[str, Any], **more: Any) -> Plan:
    games = ["tic_tac_toe", "kuhn_poker"]
    raw = {"models": [], "games": games, "agents": agents, "schedule": "round_robin", "deals": 20}
    return plan.make({**raw, **more}, folder)


def full(made: Plan) -> set[Bundle]:
    most = max(len(bundle.chunks) for bundle in made.bundles)
    return {bundle for bundle in made.bundles if len(bundle.chunks) == most}


def test_a_round_robin_of_100_models_has_few_jobs(tmp_path: Path) -> None:
    games = ["tic_tac_toe", "kuhn_poker", "nim"]
    made = make(tmp_path, hosted(100), games=games, deals=200)
    assert len(made.grid.cells) == 3 * 4_950
    assert len(made.jobs) <= 2_000
    assert sorted(chunk.file for bundle in made.bundles for chunk in bundle.chunks) == sorted(
        chunk.file for chunk in made.chunks
    )


def test_a_grid_that_has_few_chunks_has_a_job_for_each(tmp_path: Path) -> None:
    made = make(tmp_path, hosted(20))
    assert made.bundles == ()
    assert made.jobs == made.chunks


def test_the_names_of_chunk_files_do_not_depend_on_the_number_of_jobs(tmp_path: Path) -> None:
    one, many = (make(tmp_path, hosted(9), max_jobs=most, chunk=2) for most in (1, 1000))
    assert one.chunks == many.chunks
    assert [bundle.cell.game.name for bundle in one.jobs] == ["tic_tac_toe", "kuhn_poker"]


def test_a_job_plays_one_game_with_one_environment_and_one_set_of_local_models(
    tmp_path: Path,
) -> None:
    agents = {
        **hosted(2),
        "bot": {"type": "random"},
        "other": {"type": "random"},
        "near": {"type": "llm", "model": "hf_near"},
        "far": {"type": "llm", "model": "hf_far"},
    }
    made = make(tmp_path, agents, max_jobs=1)
    for bundle in made.bundles:
        cells = [chunk.cell for chunk in bundle.chunks]
        assert len({cell.game.name for cell in cells}) == 1
        assert len({frozenset(cell.matchup.agents) & {"near", "far"} for cell in cells}) == 1
        assert len({made.environments[cell.matchup] for cell in cells}) == 1
        assert len({made.demands[cell.matchup] for cell in cells}) == 1
    # In each game: bots, hosted models, one local model with or without a hosted one, and both.
    assert len(made.bundles) == 2 * (1 + 1 + 2 * 2 + 1)


def test_an_agent_added_at_the_end_leaves_full_bundles_as_they_are(tmp_path: Path) -> None:
    before, after = (make(tmp_path, hosted(n), max_jobs=20) for n in (12, 13))
    assert full(before) <= full(after)


def test_one_changed_agent_changes_the_params_of_its_bundles_only(tmp_path: Path) -> None:
    agents = hosted(12)
    before = make(tmp_path, agents, max_jobs=20)
    after = make(tmp_path, {**agents, "m11": {**agents["m11"], "temperature": 0.7}}, max_jobs=20)
    for old, new in zip(before.bundles, after.bundles, strict=True):
        changed = before.identity.bundle_params(old) != after.identity.bundle_params(new)
        assert changed == any("m11" in chunk.cell.matchup.agents for chunk in old.chunks)

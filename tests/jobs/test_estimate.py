"""``estimate`` predicts what a run needs without asking any model."""

from pathlib import Path
from typing import Any

import pytest

from gamegrid.jobs.estimate import estimate, text
from gamegrid.plan import plan
from gamegrid.play.chunk import Job, play_chunk
from gamegrid.play.expected_usage import turns
from gamegrid.records.record_types import Task
from loopback import Endpoint

AGENT = {"type": "llm", "model": "litellm_openai/m"}


def grid(api_base: str, folder: Path, **more: Any) -> dict[str, Any]:
    (folder / "models.yaml").write_text(
        f"models:\n  - {{name: litellm_openai/m, api_base: '{api_base}', "
        f"input_price: 1.0, output_price: 1000.0}}\n"
    )
    return {
        "games": ["matrix_rps", "kuhn_poker"],
        "deals": 4,
        "models": [str(folder / "models.yaml")],
        "agents": {"m": {**AGENT, **more}, "random": {"type": "random"}},
    }


def play(raw: dict[str, Any], folder: Path, chunk: str) -> None:
    game, matchup, block = chunk.split("/")
    results = folder / "results"
    play_chunk(
        Job(
            config=raw, game=game, matchup=matchup, block=block, results=results, threads=1,
            output=results / "chunks" / f"{chunk}.parquet",
        )
    )  # fmt: skip


def test_calls_and_tokens_of_a_game_of_fixed_length_are_foretold_exactly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Endpoint() as endpoint:
        raw = grid(endpoint.api_base, tmp_path, max_tokens=8) | {"games": ["matrix_rps"]}
        made = plan.make(raw, tmp_path)
        (before,) = estimate(made, tmp_path / "results").costs
        assert (before.on_file, before.measured) == (0, False)
        assert before.calls == 8  # 4 deals in 2 seatings, one question each
        assert before.completion_tokens == 8 * before.calls
        assert endpoint.requests == []
        (chunk,) = made.chunks
        play(raw, tmp_path, chunk.path)
        assert len(endpoint.requests) == before.calls
    found = estimate(made, tmp_path / "results")
    (after,) = found.costs
    assert (after.on_file, after.measured) == (8, True)
    assert (found.finished_chunks, found.finished_episodes) == (1, 8)
    # The loopback endpoint also counts four characters as a token, rounded up per message.
    asked = sum(len(body["messages"][0]["content"]) for body in endpoint.requests)
    assert after.prompt_tokens == pytest.approx(asked / 4)
    assert after.completion_tokens is not None and after.usd is not None
    expected = (after.prompt_tokens * 1.0 + after.completion_tokens * 1000.0) / 1e6
    assert after.usd == pytest.approx(expected)


def test_what_is_unknown_is_said_to_be(tmp_path: Path) -> None:
    made = plan.make(grid("http://127.0.0.1:1", tmp_path), tmp_path)
    found = estimate(made, tmp_path / "results")
    (cost,) = found.costs
    assert cost.completion_tokens is None and cost.usd is None
    assert "an unknown number of completion tokens" in text(found)
    assert text(found).endswith("money: unknown for m")


def test_the_worst_price_of_a_request_is_told(tmp_path: Path) -> None:
    priced = grid("http://127.0.0.1:1", tmp_path, max_tokens=500)
    [cost] = estimate(plan.make(priced, tmp_path), tmp_path / "results").costs
    assert cost.most_usd is not None
    # 500 tokens at 1000 USD per million, and a prompt of 512 to 10,000 tokens at 1 USD.
    assert 0.5 + 512e-6 < cost.most_usd < 0.51
    for limit, said in ((0.4, True), (0.6, False)):
        made = plan.make(priced | {"budget_usd": limit}, tmp_path)
        shown = text(estimate(made, tmp_path / "results"))
        assert ("pays for no request of m" in shown) is said
        assert "at most 0.5 USD a request" in shown


def test_the_length_of_random_kuhn_poker_is_what_enumeration_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Uniform play takes 2.25 plies per episode of two seats: pass-pass 1/4, pass-bet-x 1/4
    # (3 plies), bet-x 1/2.
    monkeypatch.setattr("gamegrid.play.expected_usage.TRIALS", 400)
    made = plan.make(grid("http://127.0.0.1:1", tmp_path), tmp_path)
    game = next(game for game in made.grid.games if game.name == "kuhn_poker")
    assert turns(made, "m", game).calls == pytest.approx(2.25 / 2, abs=0.05)


def test_positions_are_foretold_and_bought_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Endpoint() as endpoint:
        raw = grid(endpoint.api_base, tmp_path, max_tokens=8) | {"games": ["tic_tac_toe"]}
        without = estimate(plan.make(raw, tmp_path), tmp_path / "results")
        raw["positions"] = 5
        made = plan.make(raw, tmp_path)
        before = estimate(made, tmp_path / "results")
        # Two agents, five positions each; only one is a model, and it is asked once per position.
        assert before.chunks - without.chunks == 2
        assert before.episodes - without.episodes == 10
        assert before.costs[0].calls - without.costs[0].calls == pytest.approx(5)
        output = tmp_path / "results/positions/tic_tac_toe/m.parquet"
        job = Job(
            config=raw, game="tic_tac_toe", matchup="m", task=Task.POSITION, threads=1,
            results=tmp_path / "results", output=output,
        )  # fmt: skip
        play_chunk(job)
        assert len(endpoint.requests) == 5
        after = estimate(made, tmp_path / "results")
        assert (after.costs[0].on_file, after.finished_chunks, after.finished_episodes) == (5, 1, 5)
        output.unlink()
        play_chunk(job)
        assert len(endpoint.requests) == 5


def test_probes_are_foretold_and_bought_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There are twelve information states with three replies each; a fourth reply adds twelve."""
    monkeypatch.chdir(tmp_path)
    with Endpoint() as endpoint:
        raw = grid(endpoint.api_base, tmp_path, max_tokens=8) | {"games": ["kuhn_poker"]}
        without = estimate(plan.make(raw, tmp_path), tmp_path / "results")
        for replies in (3, 4):
            raw["probes"] = replies
            before = estimate(plan.make(raw, tmp_path), tmp_path / "results")
            assert before.chunks - without.chunks == 2
            assert before.episodes - without.episodes == 2 * 12 * replies
            asked = before.costs[0].calls - without.costs[0].calls
            assert asked == pytest.approx(12 * replies)
            job = Job(
                config=raw, game="kuhn_poker", matchup="m", task=Task.PROBE, threads=1,
                results=tmp_path / "results",
                output=tmp_path / "results/probes/kuhn_poker/m.parquet",
            )  # fmt: skip
            play_chunk(job)
            assert len(endpoint.requests) == 12 * replies

"""A job stops if a model's first turns bring no move of its own, and the next run buys nothing."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from gamegrid.plan import plan
from gamegrid.play.chunk import Job, play_chunk
from gamegrid.records.chunkfile import read_episodes, read_finished, read_unfinished
from gamegrid.records.record_types import Task
from loopback import Body, Endpoint, Reply, choose

Answer = Callable[[Body], Reply]
PROSE = Reply(text="I would rather\nnot \x1b[31msay.")
OUTPUT = Path("results/chunks/kuhn_poker/m--one/00000-00019.parquet")


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def grid(endpoint: Endpoint, **more: Any) -> dict[str, Any]:
    settings = more.pop("settings", {})
    Path("models.yaml").write_text(
        f"models:\n  - {{name: litellm_openai/m, api_base: '{endpoint.api_base}'}}\n"
    )
    return {
        "games": ["kuhn_poker"],
        "deals": 20,
        "models": ["models.yaml"],
        "give_up_after": 6,
        "agents": {
            "m": {"type": "llm", "model": "litellm_openai/m", "rethink": 0, **settings},
            "one": {"type": "random"},
        },
        **more,
    }


def play(raw: dict[str, Any]) -> None:
    for chunk in plan.make(raw, Path.cwd()).chunks:
        game, matchup, block = chunk.path.split("/")
        play_chunk(
            Job(
                config=raw, game=game, matchup=matchup, block=block,
                results=Path("results"), threads=1,
                output=Path("results/chunks") / f"{chunk.path}.parquet",
            )
        )  # fmt: skip


def turns(path: Path = OUTPUT) -> list[int]:
    """Return the number of the model's turns in each deal that was played, in order of deals."""
    found = dict[int, int]()
    for row in read_episodes(path):
        if row["status"] != "error":
            own = sum(each["agent"] == "m" for each in row["decisions"])
            found[row["deal"]] = found.get(row["deal"], 0) + own
    assert list(found) == list(range(len(found))), "deals are played in order"
    return list(found.values())


def said(path: Path = OUTPUT) -> str:
    """Return the one reason for which episodes were not played."""
    [unfinished] = read_unfinished([path]).values()
    [reason] = {error for _, error in unfinished}
    assert reason is not None
    return reason


def slow_at_random(answer: Answer) -> Answer:
    """Return the same answers, in another order of time."""

    def delayed(body: Body) -> Reply:
        reply = answer(body)
        return Reply(text=reply.text, delay=Random(repr(body)).random() / 50)

    return delayed


def test_it_stops_after_the_deal_with_the_last_of_these_turns() -> None:
    with Endpoint(answer=lambda body: PROSE) as endpoint:
        play(grid(endpoint))
        played = turns()
        assert sum(played) >= 6 > sum(played[:-1])
        assert len(endpoint.requests) == sum(played)
    assert said() == (
        f"give_up_after: the first {sum(played)} turns of m brought no move of its own, so this "
        f"was not played. {sum(played)} of {sum(played)} replies were without an answer in the "
        f"requested form, such as 'I would rather not \\x1b[31msay.'. Give it another prompt, or "
        f"set decode: constrained. To play on all the same, set give_up_after: null."
    )


def test_a_rerun_buys_nothing_and_stops_at_the_same_deal() -> None:
    with Endpoint(answer=slow_at_random(lambda body: PROSE)) as endpoint:
        play(grid(endpoint))
        first, bought, reason = turns(), len(endpoint.requests), said()
        OUTPUT.unlink()
        play(grid(endpoint))
        assert (turns(), len(endpoint.requests), said()) == (first, bought, reason)
    play(grid(endpoint, run_mode="replay"))
    assert (turns(), said()) == (first, reason)


@pytest.mark.parametrize(
    "changed", [{"give_up_after": None}, {"give_up_after": 30}, {"settings": {"rethink": 1}}]
)
def test_it_goes_on_if_the_key_or_the_agent_changes(changed: dict[str, Any]) -> None:
    with Endpoint(answer=lambda body: PROSE) as endpoint:
        play(grid(endpoint))
        bought = len(endpoint.requests)
        OUTPUT.unlink()
        play(grid(endpoint, **changed))
        assert len(endpoint.requests) > bought


def test_without_the_key_the_cell_is_played_to_its_end() -> None:
    with Endpoint(answer=lambda body: PROSE) as endpoint:
        play(grid(endpoint, give_up_after=None))
    assert len(read_finished(OUTPUT)) == 40


@pytest.mark.parametrize("usable", [1, 4])
def test_one_move_of_its_own_in_time_is_enough(usable: int) -> None:
    asked = 0

    def answer(body: Body) -> Reply:
        nonlocal asked
        asked += 1
        return choose(body) if asked == usable else PROSE

    with Endpoint(answer=answer) as endpoint:
        play(grid(endpoint))
    assert len(read_finished(OUTPUT)) == 40


def test_a_model_that_moves_is_asked_side_by_side() -> None:
    with Endpoint(answer=lambda body: Reply(text=choose(body).text, delay=0.05)) as endpoint:
        play(grid(endpoint))
        assert endpoint.max_connections > 10


def test_one_failing_model_stops_the_cell_of_two() -> None:
    def answer(body: Body) -> Reply:
        return choose(body) if body["model"] == "good" else PROSE

    with Endpoint(answer=answer) as endpoint:
        raw = grid(endpoint)
        Path("models.yaml").write_text(
            "models:\n"
            + "".join(
                f"  - {{name: litellm_openai/{name}, api_base: '{endpoint.api_base}'}}\n"
                for name in ("m", "good")
            )
        )
        raw["agents"]["one"] = {"type": "llm", "model": "litellm_openai/good"}
        play(raw)
    assert said().startswith("give_up_after: the first ")
    assert " turns of m " in said()


def test_errors_of_the_provider_neither_count_nor_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Episodes that a server refuses fail side by side, each with its own error."""
    refused = Reply(status=400, body=b'{"error": {"message": "no such model"}}')
    with Endpoint(answer=lambda body: refused) as endpoint:
        play(grid(endpoint))
    [unfinished] = read_unfinished([OUTPUT]).values()
    assert len(unfinished) == 40
    assert not any((error or "").startswith("give_up_after") for _, error in unfinished)


def test_deals_of_a_shorter_grid_count() -> None:
    """A longer grid takes over what was played, and goes on counting there."""
    with Endpoint(answer=lambda body: PROSE) as endpoint:
        play(grid(endpoint, deals=2))
        short = Path("results/chunks/kuhn_poker/m--one/00000-00001.parquet")
        known = sum(turns(short))
        assert 0 < known < 6
        play(grid(endpoint))
        assert sum(turns()[:-1]) < 6 <= sum(turns())
        assert len(endpoint.requests) == sum(turns())


def test_single_moves_stop_one_by_one() -> None:
    with Endpoint(answer=lambda body: PROSE) as endpoint:
        raw = grid(endpoint, probes=2)
        output = Path("results/probes/kuhn_poker/m.parquet")
        play_chunk(
            Job(
                config=raw, task=Task.PROBE, game="kuhn_poker", matchup="m",
                results=Path("results"), threads=1, output=output,
            )
        )  # fmt: skip
        assert len(endpoint.requests) == 6
    assert len(read_finished(output)) == 6

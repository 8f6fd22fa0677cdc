"""A budget stops all matchups at the same deal and loses nothing; a higher one resumes play."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from gamegrid.backends.tariff import Price
from gamegrid.errors import UserError
from gamegrid.jobs.status import show
from gamegrid.plan import plan
from gamegrid.play import budget
from gamegrid.play.budget import release
from gamegrid.play.chunk import Job, play_chunk
from gamegrid.records.chunkfile import read_finished, read_unfinished
from gamegrid.records.journal import files, read
from gamegrid.records.spending import spending
from loopback import Endpoint, Reply

PRICE = Price(input=1000.0, output=1000.0)
"""High, so that single deals count."""
DEALS = 8


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in an empty folder, and check the budget at short intervals."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(budget, "PAUSE_S", 0.01)


def grid(endpoint: Endpoint, **more: Any) -> dict[str, Any]:
    Path("models.yaml").write_text(
        f"models:\n  - {{name: litellm_openai/m, api_base: '{endpoint.api_base}', "
        f"input_price: {PRICE.input}, output_price: {PRICE.output}, max_connections: 4}}\n"
    )
    return {
        "games": ["kuhn_poker"],
        "deals": DEALS,
        "models": ["models.yaml"],
        "agents": {
            "m": {"type": "llm", "model": "litellm_openai/m", "max_tokens": 40},
            "one": {"type": "random"},
            "two": {"type": "preference", "prefer": ["Pass"]},
        },
        "schedule": {"each": ["m"], "against": ["one", "two"]},
        **more,
    }


def play(raw: dict[str, Any]) -> None:
    for chunk in plan.make(raw, Path.cwd()).chunks:
        game, matchup, block = chunk.path.split("/")
        output = Path("results/chunks") / f"{chunk.path}.parquet"
        play_chunk(
            Job(
                config=raw, game=game, matchup=matchup, block=block,
                results=Path("results"), threads=1, output=output,
            )
        )  # fmt: skip


def finished() -> dict[str, list[int]]:
    """Return the deals of each matchup whose seatings were all played to the end."""
    found = {}
    for path in sorted(Path("results/chunks").glob("*/*/*.parquet")):
        seatings = defaultdict[int, int](int)
        for episode in read_finished(path):
            seatings[int(episode.split(":")[2])] += 1
        assert set(seatings.values()) <= {2}, "a deal was begun and not played in every seating"
        found[path.parent.name] = sorted(seatings)
    return found


def spent() -> float:
    usages = [
        line.completion.usage
        for folder in Path("results/journal").glob("*/*")
        for path in files(folder)
        for line in read(path)
    ]
    return sum(PRICE.usd(u.prompt_tokens or 0, u.completion_tokens or 0) for u in usages)


def clear() -> None:
    for path in Path("results").rglob("*"):
        path.unlink() if path.is_file() else None


def test_all_matchups_stop_at_about_the_same_deal_within_the_budget() -> None:
    with Endpoint() as endpoint:
        play(grid(endpoint))
        whole = spent()
        asked = len(endpoint.requests)
    clear()
    with Endpoint() as endpoint:
        limit = whole / 2
        play(grid(endpoint, budget_usd=limit))
        assert spent() <= limit
        deals = finished()
        assert all(found == list(range(len(found))) for found in deals.values())
        fewest, most = sorted(len(found) for found in deals.values())
        assert DEALS / 4 <= fewest <= most < DEALS
        assert most - fewest <= 2
        unfinished = read_unfinished(list(Path("results/chunks").glob("*/*/*"))).values()
        causes = [cause for found in unfinished for _, cause in found]
        assert causes and all("Raise budget_usd" in str(cause) for cause in causes)
        play(grid(endpoint, budget_usd=whole * 1.2))
        assert {name: len(found) for name, found in finished().items()} == dict.fromkeys(
            deals, DEALS
        )
        assert len(endpoint.requests) == asked, "a reply was bought twice, or not at all"


def test_a_shard_plays_its_own_deals_with_its_part_of_the_budget() -> None:
    with Endpoint() as endpoint:
        play(grid(endpoint, shard="2/2"))
        cost, own = spent(), list(range(DEALS // 2, DEALS))
        clear()
        play(grid(endpoint, shard="2/2", budget_usd=2 * cost * 1.5))
        assert set(map(tuple, finished().values())) == {tuple(own)}
        clear()
        play(grid(endpoint, shard="2/2", budget_usd=2 * cost * 0.75))
        assert 0 < spent() <= 0.75 * cost


def test_what_was_spent_before_there_was_a_budget_counts() -> None:
    with Endpoint() as endpoint:
        play(grid(endpoint, deals=4))
        before = spent()
        play(grid(endpoint, budget_usd=before * 1.01))
        assert spent() == before
        assert {len(found) for found in finished().values()} == {4}


def test_replies_on_file_are_free_whatever_the_budget() -> None:
    with Endpoint() as endpoint:
        play(grid(endpoint))
        asked = len(endpoint.requests)
        play(grid(endpoint, budget_usd=0.000001))
        assert len(endpoint.requests) == asked
    assert {len(found) for found in finished().values()} == {DEALS}


def test_a_budget_needs_the_prices_of_hosted_models() -> None:
    Path("models.yaml").write_text("models: []\n")
    with Endpoint() as endpoint:
        raw = grid(endpoint, budget_usd=1.0)
    Path("models.yaml").write_text("models: [litellm_openai/m]\n")
    with pytest.raises(UserError, match=r"budget_usd: the price of litellm_openai/m is unknown"):
        plan.make(raw, Path.cwd())


def test_a_budget_needs_a_limit_on_replies() -> None:
    with Endpoint() as endpoint:
        raw = grid(endpoint, budget_usd=1.0)
    del raw["agents"]["m"]["max_tokens"]
    with pytest.raises(UserError, match=r"agents\.m: budget_usd needs .* max_output_tokens"):
        plan.make(raw, Path.cwd())
    raw["agents"]["m"]["extra_body"] = {"max_completion_tokens": 50}
    plan.make(raw, Path.cwd())
    del raw["agents"]["m"]["extra_body"]
    entry = Path("models.yaml").read_text().replace("max_connections", "max_output_tokens")
    Path("models.yaml").write_text(entry)
    plan.make(raw, Path.cwd())
    plan.make({**raw, "budget_usd": None}, Path.cwd())


def test_a_free_model_needs_no_limit_on_replies() -> None:
    with Endpoint() as endpoint:
        raw = grid(endpoint, budget_usd=1e-6, deals=2)
        del raw["agents"]["m"]["max_tokens"]
        entry = Path("models.yaml").read_text().replace("1000.0", "0")
        Path("models.yaml").write_text(entry)
        play(raw)
    assert {len(found) for found in finished().values()} == {2}


def test_a_listed_model_on_a_free_server_stays_free_in_a_rerun() -> None:
    with Endpoint() as endpoint:
        raw = grid(endpoint, budget_usd=5.0, deals=2)
        entry = Path("models.yaml").read_text()
        free = entry.replace("openai/m", "openai/gpt-4o").replace("1000.0", "0")
        Path("models.yaml").write_text(f"{entry}{free.removeprefix('models:')}")
        raw["agents"]["free"] = {"type": "llm", "model": "litellm_openai/gpt-4o"}
        raw["schedule"] = {"each": ["m"], "against": ["free"]}
        play(raw)
        before = spending(Path("results"))
        for path in Path("results/chunks").rglob("*.parquet"):
            path.unlink()
        play(raw)
    assert before is not None and before.billed > 0
    assert spending(Path("results")) == before


def test_status_says_what_is_billed_and_what_may_be() -> None:
    script = [Reply(body=b"<html>"), Reply(usage=False)]
    with Endpoint(script=script) as endpoint:
        raw = grid(endpoint, budget_usd=1000.0, deals=2)
        play(raw)
    told = spending(Path("results"))
    assert told is not None and told.in_flight == 0
    assert told.billed == pytest.approx(spent(), rel=0.2)
    # The price of the prompt is that of its bytes, and of the reply that of max_tokens.
    assert 2 * 0.5 < told.maybe < 2 * 3.0
    [line] = [line for line in show(plan.make(raw, Path.cwd()), Path("results")).splitlines()
              if line.startswith("budget_usd")]  # fmt: skip
    assert line.startswith(f"budget_usd: {told.billed:.4g} of 1000 USD are billed")
    assert "gamegrid journal release" in line
    assert release(Path("results")) == pytest.approx(told.maybe)
    assert "may be" not in show(plan.make(raw, Path.cwd()), Path("results"))


def test_what_was_released_can_be_spent() -> None:
    def episodes() -> int:
        return sum(
            len(read_finished(path)) for path in Path("results/chunks").glob("*/*/*.parquet")
        )

    with Endpoint(script=[Reply(body=b"<html>")] * 3) as endpoint:
        raw = grid(endpoint, budget_usd=9.0)
        play(raw)
        before, asked = episodes(), len(endpoint.requests)
        play(raw)
        assert (episodes(), len(endpoint.requests)) == (before, asked)
        release(Path("results"))
        play(raw)
        assert episodes() > before and len(endpoint.requests) > asked
    assert spent() <= 9.0


def test_tokens_from_a_cache_have_their_own_price() -> None:
    price = Price(input=4.0, output=10.0, cached=1.0)
    assert price.usd(3e6, 1e6) == pytest.approx(22)
    assert price.usd(3e6, 1e6, cached_tokens=2e6) == pytest.approx(16)
    assert price.usd(3e6, 1e6, cached_tokens=9e6) == pytest.approx(
        13
    )  # no more than were requested
    assert Price(input=4.0, output=10.0).usd(3e6, 1e6, cached_tokens=2e6) == pytest.approx(22)

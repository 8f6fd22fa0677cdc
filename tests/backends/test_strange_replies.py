"""Replies in strange bodies, from the server through journal, chunk and database, and again."""

import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
import yaml

sys.path.append(str(Path(__file__).parents[1]))

from audit import episodes, timeless
from gamegrid.backends import litellm_api
from gamegrid.jobs.workflow import rows
from gamegrid.plan import plan
from gamegrid.play import reproduce
from gamegrid.play.chunk import Job, play_chunk
from gamegrid.prompts import templates
from gamegrid.records.journal import Line, files, read
from gamegrid.store.database import Sources, build
from loopback import Body, Endpoint, Reply, choose

MODELS = ("litellm_openai/one", "litellm_mistral/two")
DEALS = 30
BLOCK = f"00000-{DEALS - 1:05}"
ODD: list[Any] = [
    2**64 - 1, -1, 2**63 - 1, 10**30, 1e300, 12.5, "14", True, [5], {"x": 5}, "\ud800", "\x00",
    None, [], {}, "x" * 3000, "🂡\u202e",
]  # fmt: skip
KEYS = (
    "prompt_tokens", "completion_tokens", "reasoning_tokens", "cached_tokens", "model",
    "system_fingerprint", "finish_reason", "reasoning_content", "refusal", "id", "content",
)  # fmt: skip


def strange(text: str, key: str, odd: Any) -> bytes:
    """Return an answer with one strange value."""
    message: Body = {"role": "assistant", "content": text}
    usage: Body = {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14}
    body: Body = {"id": "1", "object": "chat.completion", "created": 1, "model": "m"}
    choice: Body = {"index": 0, "message": message, "finish_reason": "stop"}
    match key:
        case "prompt_tokens" | "completion_tokens":
            usage[key] = odd
        case "reasoning_tokens":
            usage["completion_tokens_details"] = {key: odd}
        case "cached_tokens":
            usage["prompt_tokens_details"] = {key: odd}
        case "finish_reason":
            choice[key] = odd
        case "reasoning_content" | "refusal" | "content":
            message[key] = odd
        case _:
            body[key] = odd
    return json.dumps(body | {"choices": [choice], "usage": usage}).encode()


class Grid:
    """One chunk of kuhn_poker between a model asked directly and one behind the library."""

    def __init__(self, folder: Path, root: str) -> None:
        entries = [
            {"name": name, "api_base": f"{root}/v1", "timeout": 5, "max_connections": 1}
            for name in MODELS
        ]
        (folder / "models.yaml").write_text(yaml.safe_dump({"models": entries}))
        self.config = {
            "seed": 5,
            "deals": DEALS,
            "chunk": DEALS,
            "games": ["kuhn_poker"],
            "models": ["models.yaml"],
            "agents": {
                name: {"type": "llm", "model": model, "max_tokens": 200}
                for name, model in zip(("one", "two"), MODELS, strict=True)
            },
        }
        self._folder = folder
        self.chunk = folder / f"results/chunks/kuhn_poker/one--two/{BLOCK}.parquet"

    def play(self) -> None:
        """Play the chunk as its job does."""
        play_chunk(
            Job(
                config=self.config, game="kuhn_poker", matchup="one--two", block=BLOCK,
                results=self._folder / "results", output=self.chunk, threads=1,
            )
        )  # fmt: skip

    def build(self) -> Path:
        """Build the database."""
        path = self._folder / "gamegrid.duckdb"
        build(path, rows(plan.make(self.config, self._folder)), Sources(chunks=[self.chunk]))
        return path


pytestmark = pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")


@pytest.fixture(autouse=True)
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty working directory, a made-up key, short pauses between attempts."""
    monkeypatch.setenv("MISTRAL_API_KEY", "loopback-key-0000")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(litellm_api, "FIRST_DELAY_S", 0.001)


def test_no_body_kills_a_run_or_the_reruns_after_it(tmp_path: Path) -> None:
    kinds = list(itertools.product(KEYS, ODD))
    Random(1).shuffle(kinds)
    used = itertools.cycle(kinds)

    def answer(asked: Body) -> Reply:
        return Reply(body=strange(choose(asked).text or "", *next(used)))

    with Endpoint(answer=answer) as endpoint:
        grid = Grid(tmp_path, endpoint.root)
        grid.play()
        assert len(endpoint.requests) > 100
        first = {e["episode_id"]: e for e in episodes([grid.chunk]) if e["status"] == "complete"}
        filed = list(journal(tmp_path))
        endpoint.requests.clear()
        endpoint.answer = choose
        grid.chunk.unlink()
        grid.play()
        # The rerun asks only for what is not on file, and reads the rest as before.
        second = {episode["episode_id"]: episode for episode in episodes([grid.chunk])}
        assert {episode["status"] for episode in second.values()} == {"complete"}
        assert len(list(journal(tmp_path))) - len(filed) == len(endpoint.requests)
    assert timeless(second[name] for name in first) == timeless(first.values())

    with duckdb.connect(str(grid.build()), read_only=True) as connection:
        calls = connection.execute(
            "SELECT count(*), max(prompt_tokens), max(completion_tokens), max(reasoning_tokens), "
            "max(cached_tokens), count(*) FILTER (prompt_tokens IS NULL), "
            "list_sort(list_distinct(list(finish_reason))) FROM calls"
        ).fetchone()
    assert calls is not None
    count, asked, said, thought, cached, unknown, reasons = calls
    assert {asked, said, thought, cached} <= {None, 5, 9, 12, 14}  # what makes sense
    assert unknown > 5 and {"refused", "stop", "unknown"} <= set(reasons)
    counts = reproduce.Counts()
    reproduce.check(grid.chunk, tmp_path / "results/journal", templates.places(tmp_path), counts)
    assert counts.replies == count


def journal(folder: Path) -> Iterator[Line]:
    """Yield the replies on file."""
    for path in files(folder / "results/journal/kuhn_poker/one--two"):
        yield from read(path)

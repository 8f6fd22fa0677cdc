"""Four nodes that share nothing keep one limit, because they ask through LiteLLM's own proxy."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from billing_server import Bill
from gamegrid.backends.tariff import Price
from litellm_proxy import KEY, MODEL, ROOT, proxy
from loopback import Answer, Body, Endpoint, Reply, choose
from together import run_together

pytestmark = pytest.mark.proxy

NODE = Path(__file__).with_name("proxy_node.py")
NODES = 4
DEALS = 80
PLACES = 16
PER_MINUTE = 600
PRICE = Price(input=20.0, output=1000.0)
LONGEST = 60
"""Tokens of a reply at most."""
BUDGET_USD = 3.0
"""About half of what the grid costs."""


@dataclass(frozen=True)
class Played:
    """What all nodes together have on file."""

    replies: int
    attempts: int
    unfinished: int


def play(
    folder: Path, api_base: str, budget_usd: float | None = None, **entry_keys: float
) -> Played:
    """Let four nodes play a shard each, all beginning together."""
    folder.mkdir()
    entry = {"name": f"litellm_openai/{MODEL}", "api_base": api_base, **entry_keys}
    (folder / "models.yaml").write_text(yaml.safe_dump({"models": [entry]}), "utf-8")
    nodes = [start(folder, f"{number}/{NODES}", budget_usd) for number in range(1, NODES + 1)]
    return Played(*map(sum, zip(*run_together(nodes), strict=True)))


def start(folder: Path, shard: str, budget_usd: float | None) -> subprocess.Popen[str]:
    model = {"type": "llm", "model": f"litellm_openai/{MODEL}", "max_tokens": LONGEST}
    grid = {
        "games": ["kuhn_poker"],
        "deals": DEALS,
        "shard": shard,
        "budget_usd": budget_usd,
        "models": [str(folder / "models.yaml")],
        "agents": {"model": model, "random": {"type": "random"}},
    }
    own = folder / shard.partition("/")[0]
    own.mkdir()
    environment = os.environ | {"PYTHONPATH": str(ROOT / "scripts"), "OPENAI_API_KEY": KEY}
    return subprocess.Popen(
        [sys.executable, str(NODE), json.dumps(grid)],
        cwd=own, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    with Endpoint(models=[MODEL]) as server:
        yield server


@pytest.fixture(scope="module")
def api_base(endpoint: Endpoint, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("proxy")
    with proxy(folder, endpoint.api_base, max_parallel_requests=PLACES, rpm=PER_MINUTE) as address:
        yield address


def prepare(endpoint: Endpoint, answer: Answer, delay: float) -> None:
    endpoint.answer, endpoint.delay = answer, delay
    endpoint.max_connections = 0
    endpoint.requests.clear()


def test_nodes_alone_hold_a_multiple_of_the_limit(endpoint: Endpoint, tmp_path: Path) -> None:
    """Else the next test would show nothing."""
    prepare(endpoint, choose, 0.5)
    play(tmp_path / "nodes", endpoint.api_base, max_connections=PLACES)
    assert endpoint.max_connections > 3 * PLACES


def test_requests_in_flight_of_all_nodes_stay_within_the_limit(
    endpoint: Endpoint, api_base: str, tmp_path: Path
) -> None:
    prepare(endpoint, choose, 2.0)
    played = play(tmp_path / "nodes", api_base)
    print(f"{endpoint.max_connections} of {PLACES} in flight, {played}")
    assert 0.95 * PLACES <= endpoint.max_connections <= PLACES
    assert played.unfinished == 0
    assert played.attempts > played.replies, "the proxy refused nothing"
    assert len(endpoint.requests) == played.replies, "a reply was bought twice, or never"


def test_requests_per_minute_of_all_nodes_stay_within_the_limit(
    endpoint: Endpoint, api_base: str, tmp_path: Path
) -> None:
    arrived = list[float]()

    def answer(body: Body) -> Reply:
        arrived.append(time.monotonic())
        return choose(body)

    prepare(endpoint, answer, 0.05)
    played = play(tmp_path / "nodes", api_base, requests_per_minute=PER_MINUTE / NODES)
    allowed = PER_MINUTE / 60 * (arrived[-1] - arrived[0])
    print(f"{len(arrived)} of {allowed:.0f} allowed, {played}")
    assert 0.8 * allowed <= len(arrived) <= 1.05 * allowed + NODES
    assert played.unfinished == 0
    assert len(endpoint.requests) == played.replies


def test_the_bill_of_all_nodes_stays_within_their_parts_of_the_budget(
    endpoint: Endpoint, api_base: str, tmp_path: Path
) -> None:
    bill = Bill(PRICE, LONGEST, rate=0.0)
    prepare(endpoint, bill, 0.0)
    prices = {"input_price": PRICE.input, "output_price": PRICE.output}
    played = play(tmp_path / "nodes", api_base, budget_usd=BUDGET_USD, **prices)
    print(f"{bill.usd:.3f} of {BUDGET_USD} USD, at most {bill.most_usd:.3f} a call, {played}")
    assert BUDGET_USD / 2 < bill.usd <= BUDGET_USD
    assert played.unfinished > 0
    assert len(endpoint.requests) == played.replies

"""A server of a results folder in the test's own loop, and a client that has the key."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestClient, TestServer

from gamegrid.serve import app
from gamegrid.serve.guard import KEY, TOKEN, Pass
from gamegrid.serve.watching import Configured

GRID: dict[str, Any] = {
    "games": ["tic_tac_toe", "kuhn_poker"],
    "models": [],
    "agents": {
        "random": {"type": "random"},
        "optimal": {"type": "optimal"},
        "asked": {"type": "llm", "model": "litellm_openai/none"},
    },
}


class Client:
    """A page's view of a server: GET with the key, POST with the token of the page."""

    def __init__(self, inside: Any, opened: Pass) -> None:
        self.inside = inside
        self.opened = opened
        self.origin = str(inside.make_url("/")).rstrip("/")

    async def get(self, path: str, **more: Any) -> tuple[int, str]:
        async with self.inside.get(path, **more) as answer:
            return answer.status, await answer.text()

    async def json(self, path: str) -> Any:
        async with self.inside.get(path) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def post(
        self, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, str]:
        own = {"Origin": self.origin, TOKEN: self.opened.token}
        async with self.inside.post(path, json=body or {}, headers=headers or own) as answer:
            return answer.status, await answer.text()


@asynccontextmanager
async def serving(
    results: Path, raw: dict[str, Any] | None = None, watched: bool = False
) -> AsyncIterator[Client]:
    """Serve ``results`` with the agents of a grid, and watch its progress if ``watched``."""
    grid, opened = Configured(raw or GRID, results.parent), Pass()
    shown = app.Shown(
        results=results, watched=grid if watched else None, played=grid, opened=opened
    )
    async with TestClient(TestServer(app.application(shown))) as inside:
        client = Client(inside, opened)
        status, _ = await client.get(f"/progress?{KEY}={opened.key}")
        assert status == 200
        yield client

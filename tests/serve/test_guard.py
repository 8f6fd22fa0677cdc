"""Who may ask the server for what."""

import socket
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from gamegrid.errors import UserError
from gamegrid.serve import app, listening
from gamegrid.serve.guard import TOKEN, Pass
from gamegrid.serve.watching import Configured
from served_site import GRID, serving

PATHS = ("/", "/live", "/progress", "/episodes", "/episode?id=x", "/play", "/kept", "/nothing")


@pytest.mark.parametrize("path", PATHS)
async def test_without_the_key_nothing_is_shown(tmp_path: Path, path: str) -> None:
    shown = app.Shown(
        results=tmp_path, watched=None, played=Configured(GRID, tmp_path), opened=Pass()
    )
    async with TestClient(TestServer(app.application(shown))) as stranger:
        for address in (path, f"{path}{'&' if '?' in path else '?'}key=wrong"):
            answer = await stranger.get(address, allow_redirects=False)
            assert answer.status == 403
            assert "key" in await answer.text()


@pytest.mark.parametrize("host", ["evil.example", "evil.example:7575", "127.0.0.1.evil.example",
                                  "10.0.0.1", "[::2]", "[", ""])  # fmt: skip
async def test_a_name_that_somebody_else_resolves_to_this_machine_is_refused(
    tmp_path: Path, host: str
) -> None:
    async with serving(tmp_path) as client:
        status, _ = await client.get(
            f"/live?key={client.opened.key}", headers={"Host": host}, allow_redirects=False
        )
        assert status == 421


@pytest.mark.parametrize("host", ["127.0.0.1:9", "localhost:8080", "LOCALHOST", "[::1]:7575"])
async def test_every_name_of_this_machine_is_served_also_through_a_tunnel(
    tmp_path: Path, host: str
) -> None:
    async with serving(tmp_path) as client:
        status, _ = await client.get(
            f"/live?key={client.opened.key}", headers={"Host": host}, allow_redirects=False
        )
        assert status == 303


async def test_only_a_page_of_the_server_changes_anything(tmp_path: Path) -> None:
    wanted = {"game": "tic_tac_toe", "against": "random", "seat": 1, "deal": 0}
    async with serving(tmp_path) as client:
        own = {"Origin": client.origin, TOKEN: client.opened.token}
        for headers in (
            {**own, "Origin": "http://evil.example"},
            {**own, "Origin": "null"},
            {TOKEN: client.opened.token},
            {**own, TOKEN: "wrong"},
            {"Origin": client.origin},
        ):
            status, _ = await client.post("/play", wanted, headers)
            assert status == 403
        status, _ = await client.post("/play", wanted, own)
        assert status == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
async def test_other_methods_are_refused(tmp_path: Path, method: str) -> None:
    async with serving(tmp_path) as client:
        answer = await client.inside.request(method, "/play")
        assert answer.status == 405


@pytest.mark.parametrize("path", ["/", "/live", "/progress", "/episodes", "/play", "/nothing"])
async def test_every_answer_forbids_what_it_does_not_need(tmp_path: Path, path: str) -> None:
    async with serving(tmp_path) as client:
        answer = await client.inside.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/play/..%2f..%2fetc",
        "/results/report.html",
    ],
)
async def test_no_path_leads_to_a_file(tmp_path: Path, path: str) -> None:
    async with serving(tmp_path) as client:
        status, _ = await client.get(path)
        assert status == 404


async def test_the_secrets_are_long_new_and_not_in_what_python_prints(tmp_path: Path) -> None:
    one, other = Pass(), Pass()
    assert len({one.key, one.token, other.key, other.token}) == 4
    assert min(map(len, (one.key, one.token))) >= 32
    assert one.key not in repr(one) and one.token not in repr(one)
    async with serving(tmp_path) as client:
        for path in ("/", "/progress", "/episodes", "/play", "/live"):
            _, text = await client.get(path)
            assert client.opened.key not in text
            assert (client.opened.token in text) == (path == "/play")


def test_it_listens_on_loopback_addresses_only() -> None:
    opened = listening.sockets(0)
    try:
        names = [each.getsockname() for each in opened]
        assert {name[0] for name in names} <= {"127.0.0.1", "::1"}
        assert len({name[1] for name in names}) == 1
    finally:
        for each in opened:
            each.close()


def test_a_port_that_is_taken_is_named_or_left_for_a_free_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"--port: {port} is taken by another program"):
            listening.sockets(port)
    for port in (-1, 65536):
        with pytest.raises(UserError, match=f"--port: {port} is not between"):
            listening.sockets(port)


def test_without_a_port_a_free_one_is_taken_beside_another_server() -> None:
    one, other = listening.sockets(None), listening.sockets(None)
    try:
        assert one[0].getsockname()[1] != other[0].getsockname()[1]
    finally:
        for each in (*one, *other):
            each.close()

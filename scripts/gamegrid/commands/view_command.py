"""Serve a results folder to a browser on this machine."""

import asyncio
import signal
import socket
import webbrowser
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from gamegrid.commands.command import Command
from gamegrid.config import grid_files
from gamegrid.errors import UserError
from gamegrid.paths import WORKFLOW, install
from gamegrid.plan import plan
from gamegrid.records import received

if TYPE_CHECKING:
    from aiohttp import web

PACKAGES = ("aiohttp", "altair", "vl_convert")
"""What the extra ``report`` installs, by import name."""
END_S = 1.0
"""How long an open request may take to end, in seconds."""


def arguments(parser: ArgumentParser) -> None:
    """Declare the arguments RESULTS, --configfile, --port and --open."""
    parser.add_argument(
        "results", type=Path, nargs="?", default=Path("results"),
        help="a results folder (default: results)",
    )  # fmt: skip
    parser.add_argument(
        "--configfile", type=Path,
        help="the grid that is played: shows its progress, cost and partial results",
    )  # fmt: skip
    parser.add_argument(
        "--port", type=int, help="the port (default: 7575, or a free one if it is taken)"
    )
    parser.add_argument("--open", action="store_true", help="open the page in a browser")


def run(given: Namespace) -> int:
    """Serve until Ctrl-C."""
    for name in PACKAGES:
        if find_spec(name) is None:
            raise UserError(
                f"gamegrid view needs the package {name}, which is not installed; install it "
                f"with: {install('report')}"
            )
    from gamegrid.serve import app, listening
    from gamegrid.serve.guard import KEY, Pass
    from gamegrid.serve.watching import Configured

    _check(given)
    configfile = given.configfile or WORKFLOW / "config/config.yaml"
    grid = Configured(grid_files.read(configfile, Path.cwd()), Path.cwd())
    plan.make(grid.raw, grid.working)
    opened = Pass()
    shown = app.Shown(
        results=given.results,
        watched=grid if given.configfile else None,
        played=grid,
        opened=opened,
    )
    sockets = listening.sockets(given.port)
    port = sockets[0].getsockname()[1]
    address = f"http://127.0.0.1:{port}/?{KEY}={opened.key}"

    def tell() -> None:
        print(f"{given.results} is shown at {address}")
        print("Only this machine reaches it, with the key in the address. Ctrl-C ends.", flush=True)
        if given.open:
            webbrowser.open(address)

    asyncio.run(_serve(app.application(shown), sockets, tell))
    print("\nEnded.")
    return 0


def _check(given: Namespace) -> None:
    """Refuse a folder that cannot hold results. Raises UserError."""
    received.check_folder(given.results)
    if not given.results.exists() and given.configfile is None:
        raise UserError(
            f"there is no folder {str(given.results)!r}. Name a results folder or, for a grid that "
            f"has not begun, add --configfile GRID."
        )


async def _serve(
    app: "web.Application", sockets: list[socket.socket], tell: Callable[[], None]
) -> None:
    """Serve until a signal ends it. ``tell`` is called when pages can be opened."""
    from aiohttp import web

    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=END_S)
    await runner.setup()
    try:
        for each in sockets:
            await web.SockSite(runner, each).start()
        tell()
        await ended.wait()
    finally:
        await runner.cleanup()


COMMAND = Command("Serve results to a browser on this machine, and play there", arguments, run)

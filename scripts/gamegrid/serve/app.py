"""The server: which address shows what."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web
from markupsafe import Markup

from gamegrid.errors import UserError
from gamegrid.report import page, replay_section
from gamegrid.serve import browsing, kept, rendering
from gamegrid.serve.guard import Pass, guarded
from gamegrid.serve.opponents import Opponents
from gamegrid.serve.playing import Sitting, Sittings
from gamegrid.serve.watching import Configured, Live

RESULTS = ("/", "/episodes", "/episode")
"""The pages that show results."""
LARGEST = 16_384
"""The largest request body, in bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What one server shows.

    ``watched`` is the grid whose progress and interim results are shown, if the user named one.
    ``played`` is the grid whose agents a person can play.
    """

    results: Path
    watched: Configured | None
    played: Configured
    opened: Pass


class Site:
    """The handlers of all addresses."""

    def __init__(self, shown: Shown, scratch: Path) -> None:
        self.live = Live(shown.results, shown.watched, scratch, rendering.frame())
        self.sittings = Sittings(shown.results)
        self._shown = shown
        self._opponents: Opponents | None = None

    def routes(self) -> list[web.RouteDef]:
        """Return the addresses with their handlers."""
        return [
            web.get("/", self.results),
            web.get("/live", self.news),
            web.get("/progress", self.progress),
            web.get("/episodes", self.episodes),
            web.get("/episode", self.episode),
            web.get("/play", self.play),
            web.post("/play", self.begin),
            web.get("/kept", self.kept),
            web.get("/play/{sitting}", self.table),
            web.get("/play/{sitting}/news", self.turn),
            web.post("/play/{sitting}/move", self.move),
            web.post("/play/{sitting}/leave", self.leave),
            web.post("/play/{sitting}/save", self.save),
            web.get("/play/{sitting}/replay", self.replay),
        ]

    # Results

    async def results(self, request: web.Request) -> web.Response:
        """Show the newest report, or the progress while there is none."""
        self.live.look(results=True)
        if self.live.built is None:
            return await self.progress(request)
        return rendering.report(await asyncio.to_thread(self.live.built.page.read_text, "utf-8"))

    async def progress(self, request: web.Request) -> web.Response:
        """Show how far the grid is."""
        self.live.look(results=False)
        return rendering.show(
            "progress", request.path, ["progress"],
            results=self._shown.results, there=self._shown.results.exists(),
            watched=self._shown.watched is not None,
        )  # fmt: skip

    async def news(self, request: web.Request) -> web.Response:
        """Return progress and the version of the results as JSON, for the page ``at``."""
        self.live.look(results=request.query.get("at") in RESULTS)
        return web.json_response(self.live.state())

    # Episodes

    async def episodes(self, request: web.Request) -> web.Response:
        """List the episodes that fit the filters."""
        self.live.look(results=True)
        database = self.live.database
        if database is None:
            return self._none()
        filters = {name: request.query.get(name, "") for name in browsing.FILTERS}
        number = request.query.get("page", "1")
        found = await browsing.listed(database, filters, int(number) if _counts(number) else 1)
        return rendering.show(
            "episodes", "/episodes", filters=filters, found=found, mistakes=browsing.MISTAKES,
            held=self.live.held,
        )  # fmt: skip

    async def episode(self, request: web.Request) -> web.Response:
        """Show one episode as a replay."""
        database = self.live.database
        if database is None:
            return self._none()
        name = request.query.get("id", "")
        return _replay(await browsing.replay(database, name), name, "/episodes")

    def _none(self) -> web.Response:
        return rendering.show("none", "/episodes", results=self._shown.results)

    # Play

    async def play(self, _: web.Request) -> web.Response:
        """Let a person choose a game."""
        opponents = await self._all_opponents()
        models = opponents.models()
        choices = [
            {
                "name": name,
                "title": game.title,
                "seats": [game.seat_name(seat) for seat in range(game.players)],
                "against": opponents.able(game),
            }
            for name, game in opponents.games.items()
        ]
        return rendering.show(
            "play", "/play", ["play"], choices=choices, models=sorted(models),
            token=self._shown.opened.token,
            kept=await asyncio.to_thread(kept.names, self._shown.results),
        )  # fmt: skip

    async def begin(self, request: web.Request) -> web.Response:
        """Begin a game."""
        wanted = await _body(request)
        opponents = await self._all_opponents()
        match = opponents.match(wanted)
        if match.agent in opponents.models() and wanted.get("ask_model") is not True:
            raise UserError(f"{match.agent} is a model; say that it may be asked.")
        name = await self.sittings.begin(opponents.by_name[match.agent], match)
        return web.json_response({"address": f"/play/{name}"})

    async def table(self, request: web.Request) -> web.Response:
        """Show a game."""
        match = self._sitting(request).match
        game = match.game
        return rendering.show(
            "table", "/play", ["table"], own=page.texts("js"), token=self._shown.opened.token,
            address=request.path, title=game.title, seat=game.seat_name(match.seat),
            against=match.agent if game.players > 1 else None, rules=game.rules(),
            deal=match.deal, game=game.name, seat_number=match.seat + 1, others=game.players - 1,
        )  # fmt: skip

    async def turn(self, request: web.Request) -> web.Response:
        """Return the state of a game, when it is newer than the page's."""
        since = request.query.get("since", "")
        sitting = self._sitting(request)
        return web.json_response(await sitting.news(int(since) if _counts(since) else -1))

    async def move(self, request: web.Request) -> web.Response:
        """Make a move."""
        wanted, sitting = await _body(request), self._sitting(request)
        number = wanted.get("turn")
        sitting.choose(number if isinstance(number, int) else -1, str(wanted.get("label")))
        return web.json_response({})

    async def leave(self, request: web.Request) -> web.Response:
        """Leave a game."""
        await self._sitting(request).leave()
        return web.json_response({})

    async def save(self, request: web.Request) -> web.Response:
        """Keep a game that is over, apart from the grid's."""
        sitting = self._sitting(request)
        if sitting.record is None:
            raise UserError("only a game that was played to its end can be kept.")
        if sitting.saved is None:
            sitting.saved = await asyncio.to_thread(
                kept.write, self._shown.results, sitting.match, sitting.record
            )
        return web.json_response({"saved": str(sitting.saved)})

    async def replay(self, request: web.Request) -> web.Response:
        """Show a game that is over as a replay, with all cards."""
        sitting = self._sitting(request)
        if sitting.record is None:
            raise UserError("the game is not over.")
        shown = await asyncio.to_thread(kept.bundle, sitting.match.game, sitting.record)
        return _replay(shown, sitting.match.game.title, "/play")

    async def kept(self, request: web.Request) -> web.Response:
        """Show a game on file as a replay."""
        name = request.query.get("name", "")
        game, record = await asyncio.to_thread(kept.read, self._shown.results, name)
        shown = await asyncio.to_thread(kept.bundle, game, record)
        return _replay(shown, game.title, "/play")

    def _sitting(self, request: web.Request) -> Sitting:
        try:
            return self.sittings[request.match_info["sitting"]]
        except KeyError:
            raise web.HTTPNotFound(reason="There is no such game; begin a new one.") from None

    async def _all_opponents(self) -> Opponents:
        if self._opponents is None:
            self._opponents = await asyncio.to_thread(Opponents.of, self._shown.played)
        return self._opponents


SITE = web.AppKey("site", Site)


def _replay(data: Any, title: str, here: str) -> web.Response:
    section = replay_section.section(data)
    return rendering.show(
        "replay", here, own=page.texts("js"), section=Markup(section), title=title
    )


async def _body(request: web.Request) -> dict[str, Any]:
    """Return the body of a request. Raises UserError if it is no JSON object."""
    try:
        body = json.loads(await request.text())
    except (ValueError, RecursionError) as error:
        raise UserError("the request is no JSON.") from error
    if not isinstance(body, dict):
        raise UserError("the request is no JSON object.")
    return body


def _counts(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def application(shown: Shown) -> web.Application:
    """Return the server of one results folder. It keeps what it draws in a temporary folder."""
    app = web.Application(middlewares=[guarded(shown.opened)], client_max_size=LARGEST)

    async def watched(_: web.Application) -> AsyncIterator[None]:
        watching = asyncio.create_task(site.live.watch())
        yield
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        await site.sittings.close()
        scratch.cleanup()

    scratch = tempfile.TemporaryDirectory(prefix="gamegrid-view-")
    site = Site(shown, Path(scratch.name))
    app[SITE] = site
    app.add_routes(site.routes())
    app.cleanup_ctx.append(watched)
    return app

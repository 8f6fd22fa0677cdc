"""Show one episode as text or as a page. Both contain every reply in full."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from markupsafe import Markup

from gamegrid import games, plugins
from gamegrid.commands.command import Command
from gamegrid.commands.results_folder import check_output, database_of
from gamegrid.config import grid_files
from gamegrid.errors import UserError
from gamegrid.paths import replacing
from gamegrid.report import page, replay_section
from gamegrid.report.replay_record import Choice, ShownEpisode, ShownReply
from gamegrid.store.tables import connect
from gamegrid.terminal import plain


def text(episode: ShownEpisode) -> str:
    """Return an episode as text: every decision with its replies."""
    lines = [f"{episode.episode_id}: {episode.title}, {episode.outcome}"]
    lines += [f"{seat.name}: {seat.agent}{_result(seat.return_)}" for seat in episode.seats]
    lines += episode.notes
    for ply, frame in enumerate(episode.frames):
        for choice in frame.choices:
            lines += ["", *_decision(ply, choice, episode)]
    return plain("\n".join(lines))


def html(episode: ShownEpisode) -> str:
    """Return an episode as a page that opens offline."""
    environment = page.environment()
    return environment.get_template("replay.jinja").render(
        episode=episode,
        replays=Markup(replay_section.section(replay_section.page_data(episode))),
        styles=page.Asset.of(page.theme() + page.texts("css")),
        scripts=page.Asset.of(page.texts("js")),
    )


def _result(amount: float | None) -> str:
    return "" if amount is None else f" ({amount:+g})"


def _decision(ply: int, choice: Choice, episode: ShownEpisode) -> Iterator[str]:
    """Yield the lines of a decision: observation, value of each move, replies, move played."""
    seat = episode.seats[choice.seat]
    yield f"Ply {ply}, {seat.name} ({seat.agent})"
    if choice.observation is not None:
        yield choice.observation
    yield "Legal moves: " + ", ".join(_moves(choice))
    for number, reply in enumerate(choice.replies, 1):
        yield from _reply(number, reply)
    move = choice.label or "no move"
    how = "" if choice.status == "ok" else f" ({choice.status})"
    cost = f", regret {choice.regret:g}" if choice.regret else ""
    yield f"Played: {move}{how}{cost}"


def _moves(choice: Choice) -> Sequence[str]:
    if choice.values is None:
        return choice.labels
    pairs = zip(choice.labels, choice.values, strict=True)
    return [f"{label} ({value:g})" for label, value in pairs]


def _reply(number: int, reply: ShownReply) -> Iterator[str]:
    yield f"Reply {number}{f', {reply.failure}' if reply.failure else ''}:"
    if reply.reasoning:
        yield _indented(f"[reasoning] {reply.reasoning}")
    yield _indented(reply.text)


def _indented(text: str) -> str:
    return "\n".join(f"  | {line}" for line in text.split("\n"))


def arguments(parser: ArgumentParser) -> None:
    """Declare the arguments EPISODE, --page, --results and --configfile."""
    parser.add_argument("episode", help="an episode_id of the database")
    parser.add_argument(
        "--page", type=Path, metavar="FILE", help="write an HTML page instead of printing text"
    )
    parser.add_argument(
        "--results", type=Path, default=Path("results"), help="a results folder (default: results)"
    )
    parser.add_argument(
        "--configfile", type=Path, metavar="GRID",
        help="the grid whose plug-ins to load, for a game that is one of them",
    )  # fmt: skip


def run(given: Namespace) -> int:
    """Show the episode."""
    if given.page is not None:
        check_output(given.page)
    if given.configfile is not None:
        plugins.use_configured(grid_files.read(given.configfile, Path.cwd()), Path.cwd())
    with database_of(given.results) as database:
        episode = replay_section.replay(database, given.episode)
        if not _is_known(database, episode.game):
            print(
                "gamegrid: a plug-in's game is shown without board and names, unless --configfile "
                "names the grid that lists the plug-in.",
                file=sys.stderr,
            )
        shown = text(episode) if given.page is None else html(episode)
    if given.page is None:
        print(shown)
        return 0
    try:
        with replacing(given.page) as temporary:
            temporary.write_text(shown, "utf-8", "replace")
    except (OSError, ValueError) as error:
        raise UserError(f"cannot write {given.page}: {error}.") from error
    print(f"{given.page} shows {episode.episode_id}")
    return 0


def _is_known(database: Path, game: str) -> bool:
    """Return whether the game can be loaded. Plug-ins of results that others sent never are."""
    with closing(connect(database)) as connection:
        query = "SELECT load_string FROM games WHERE game = $game"
        [(load_string,)] = connection.execute(query, {"game": game}).fetchall()
    try:
        games.load(load_string)
    except UserError:
        return False
    return True


COMMAND = Command("Show one episode as text or as a page", arguments, run)

"""Replays of episodes, as the data and the HTML section of a page.

The page shows a sample of episodes, the command ``gamegrid replay`` a single one. Both hand a
*bundle* (see ``replay_bundle``) to the page's script: ``templates/replays.js`` opens the bundle in
the page's element ``replay-data``, and ``gamegrid.replay.show`` (``templates/replay_viewer.js``)
shows an episode of any bundle in any element. So a server may send the bundles of single episodes.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from gamegrid.errors import UserError, nearest
from gamegrid.prompts import sandbox
from gamegrid.report.replay_bundle import Bundle, embedded
from gamegrid.report.replay_reading import read_episode, sample
from gamegrid.report.replay_record import ShownEpisode
from gamegrid.store.tables import connect

TEMPLATES = Path(__file__).parent / "templates"
EPISODES = 200
"""Maximum number of episodes in a sample."""
SIZE = 3_000_000
"""Maximum number of bytes of JSON in a sample."""
CLIP = 20_000
"""A sample truncates each message, each reply and its reasoning to this many characters."""


def replay_data(database: Path, limit: int = EPISODES, size: int = SIZE) -> dict[str, Any]:
    """Return a sample of episodes as a bundle.

    The sample takes turns between games, matchups and outcomes, interesting episodes first
    (sample.sql). It holds at most ``limit`` episodes and ``size`` bytes of JSON; an episode that
    does not fit is left out. Raises UserError if ``database`` cannot be opened.
    """
    bundle = Bundle(size)
    with closing(connect(database)) as connection:
        rows = sample(connection, limit)
        for row in rows:
            bundle.add(read_episode(connection, row, CLIP))
    return bundle.data(played=rows[0].played if rows else 0)


def replay(database: Path, episode_id: str) -> ShownEpisode:
    """Return one episode with every reply in full.

    Raises UserError if no episode has this id or ``database`` cannot be opened.
    """
    with closing(connect(database)) as connection:
        rows = sample(connection, 1, only=episode_id)
        if not rows:
            known = [
                row[0] for row in connection.execute("SELECT episode_id FROM episodes").fetchall()
            ]
            hint = nearest(*_same_agents(episode_id, known))
            raise UserError(f"{database} has no episode {episode_id!r}.{hint}")
        return read_episode(connection, rows[0], None)


def _same_agents(episode_id: str, known: Sequence[str]) -> tuple[str, Sequence[str]]:
    """Return the id with its agents in the order of ids, and the known ids that fit it best.

    These are the episodes of the same agents, or all if there are none.
    """

    def ordered(text: str) -> tuple[str, str]:
        game, colon, rest = text.partition(":")
        matchup, numbers_colon, numbers = rest.partition(":")
        agents = "--".join(sorted(matchup.split("--")))
        return agents, f"{game}{colon}{agents}{numbers_colon}{numbers}"

    agents, wanted = ordered(episode_id)
    return wanted, [each for each in known if ordered(each)[0] == agents] or known


def page_data(episode: ShownEpisode) -> dict[str, Any]:
    """Return a bundle of one episode."""
    bundle = Bundle()
    bundle.add(episode)
    return bundle.data(played=1)


def episode_data(database: Path, episode_id: str) -> dict[str, Any]:
    """Return a bundle of one episode, with every prompt and reply in full. Raises UserError."""
    return page_data(replay(database, episode_id))


def section(data: Mapping[str, Any]) -> str:
    """Return the HTML section of a page that shows a bundle.

    The page must include the style sheets and scripts in ``templates/``.
    """
    loader = jinja2.FileSystemLoader(TEMPLATES)
    environment = sandbox.environment(loader=loader, autoescape=True, trim_blocks=True)
    environment.filters["embedded"] = lambda value: Markup(embedded(value))
    return environment.get_template("replays.jinja").render(data=data)

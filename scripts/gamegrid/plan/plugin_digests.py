"""The user's files that an agent or a game rests on, as part of what is played."""

from typing import Any

from gamegrid import plugins
from gamegrid.config.models import Model
from gamegrid.games import registry
from gamegrid.games.game import Game


def of_agent(kind: str, model: Model | None) -> dict[str, Any]:
    """Return the key ``plugin_digests`` of an agent's identity; nothing without user's files.

    It holds the SHA-256 of the files that declare the agent's type, ``kind``, and its backend.
    """
    files = {"agent": plugins.source(plugins.AGENT, kind)}
    if model is not None:
        files["backend"] = plugins.source(plugins.BACKEND, model.kind.prefix)
    digests = {what: file.digest for what, file in files.items() if file}
    return {"plugin_digests": digests} if digests else {}


def of_game(game: Game) -> dict[str, Any]:
    """Return the key ``game_digests`` of a job's params; nothing without user's files.

    It holds the SHA-256 of the file that declares each game named in the load string.
    """
    digests = {name: file.digest for name, file in registry.user_files(game.load_string).items()}
    return {"game_digests": digests} if digests else {}

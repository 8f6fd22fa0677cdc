"""Keep a person's game as a file in results/human/, where no table reads it."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from gamegrid.errors import UserError
from gamegrid.games.game import Game
from gamegrid.games.registry import load
from gamegrid.paths import replacing
from gamegrid.play.beside import FOLDER, Match
from gamegrid.records import received
from gamegrid.records.record_types import EpisodeRecord
from gamegrid.report import replay_reading, replay_section

FORM = 1
_RECORD = TypeAdapter(EpisodeRecord)


def write(results: Path, match: Match, record: EpisodeRecord) -> Path:
    """Write a game as JSON. Returns the file's path. Raises OSError."""
    now = datetime.now(UTC)
    path = results / FOLDER / match.game.name / f"{now:%Y%m%dT%H%M%S}-{match.agent}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {
        "form": FORM,
        "kept_at": now.isoformat(timespec="seconds"),
        "game": match.game.load_string,
        "against": match.agent,
        "seat": match.seat,
        "episode": asdict(record),
    }
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(kept, indent=1, ensure_ascii=True) + "\n", "utf-8")
    return path


def names(results: Path) -> list[str]:
    """Return the games on file as GAME/FILE, the newest first."""
    found = (results / FOLDER).glob("*/*.json")
    newest = sorted(found, key=lambda path: path.name, reverse=True)
    return [path.relative_to(results / FOLDER).as_posix() for path in newest]


def read(results: Path, name: str) -> tuple[Game, EpisodeRecord]:
    """Return a game on file and its record.

    Raises UserError if ``names`` does not list it, or if the file holds something else.
    """
    if name not in names(results):
        raise UserError(f"there is no game {name!r} in {results / FOLDER}.")
    path = results / FOLDER / name
    try:
        stated = received.read_json(path)
        return load(str(stated["game"])), _RECORD.validate_python(stated["episode"])
    except (ValueError, TypeError, LookupError) as error:
        raise UserError(f"{path} holds no game that a person played.") from error


def bundle(game: Game, record: EpisodeRecord) -> Mapping[str, Any]:
    """Return a game in the form that the replays' script reads."""
    return replay_section.page_data(replay_reading.of_record(game, record))

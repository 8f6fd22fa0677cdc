"""Load prompt templates and turn what a seat observes into messages.

A template is one Jinja file with three blocks: ``prefix`` (rules and answer format, stable within
an agent's game), ``state`` (the turn) and ``rethink`` (what to say after a reply without a legal
move). Files are found in config/prompts/ of the working directory, then of the workflow.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2

from gamegrid.errors import UserError, nearest
from gamegrid.games.base import Game
from gamegrid.paths import WORKFLOW

BLOCKS = ("prefix", "state", "rethink")
SAMPLE = {
    "game": {"title": "", "rules": ""},
    "seat": "",
    "view": "",
    "history": ("",),
    "labels": ("",),
    "failure": "",
}
"""Every name a template may use, to try it with before it is needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What one seat is told when it is its turn; holds nothing the seat may not know.

    ``labels`` are the legal moves in the order they are shown; empty where they are hidden.
    """

    game: Game
    seat: int
    view: str
    history: tuple[str, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """One loaded template. ``digest`` is the SHA-256 of its text: another text, another agent."""

    name: str
    digest: str
    jinja: jinja2.Template

    def first(self, observation: Observation) -> str:
        """The first turn of a conversation: the stable prefix, then the turn."""
        return self._block("prefix", observation) + "\n\n" + self.state(observation)

    def state(self, observation: Observation) -> str:
        """The turn alone."""
        return self._block("state", observation)

    def rethink(self, observation: Observation, failure: str) -> str:
        """What to say after a reply that gave no legal move."""
        return self._block("rethink", observation, failure=failure)

    def _block(self, name: str, seen: Observation, **more: str) -> str:
        context = self.jinja.new_context(
            {
                "game": {"title": seen.game.title, "rules": seen.game.rules()},
                "seat": seen.game.seat_name(seen.seat),
                "view": seen.view,
                "history": seen.history,
                "labels": seen.labels,
                **more,
            }
        )
        return "".join(self.jinja.blocks[name](context)).strip()


def load(name: str, folders: Sequence[Path] | None = None) -> Template:
    """Load the template ``name`` from the first folder that has it.

    Raises UserError if no folder has it, it does not parse, a block is missing or names what there
    is not.
    """
    places = folders or [Path.cwd() / "config/prompts", WORKFLOW / "config/prompts"]
    found = [path for place in places if (path := place / f"{name}.jinja").is_file()]
    if not found:
        known = sorted({path.stem for place in places for path in place.glob("*.jinja")})
        raise UserError(
            f"prompt: no template {name!r} in config/prompts/.{nearest(name, known)} "
            f"There are {', '.join(known)}."
        )
    try:
        text = found[0].read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{found[0]} is no UTF-8 text.") from error
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    environment.filters["tojson_plain"] = _json
    try:
        template = environment.from_string(text)
    except jinja2.TemplateSyntaxError as error:
        raise UserError(f"{found[0]}, line {error.lineno}: {error.message}") from error
    missing = [block for block in BLOCKS if block not in template.blocks]
    if missing:
        raise UserError(f"{found[0]}: no block {missing[0]!r}; a template has {', '.join(BLOCKS)}.")
    for block in BLOCKS:
        try:
            "".join(template.blocks[block](template.new_context(dict(SAMPLE))))
        except (jinja2.TemplateError, TypeError) as error:
            raise UserError(f"{found[0]}: block {block!r}: {error}.") from error
    return Template(name, hashlib.sha256(text.encode()).hexdigest(), template)


def _json(labels: Sequence[str]) -> str:
    """JSON as it is read by people: Jinja's own filter escapes < and & for HTML."""
    return json.dumps(list(labels), ensure_ascii=False)

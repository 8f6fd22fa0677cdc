"""Load prompt templates and render them for a seat's turn.

A template is a Jinja file with three blocks: ``prefix`` (rules and answer format, which depend on
game and seat only), ``state`` (the turn) and ``rethink`` (the message after a reply without a legal
move). ``places`` lists the folders that are searched.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jinja2

from gamegrid import plugins
from gamegrid.errors import UserError, nearest
from gamegrid.games.game import Game
from gamegrid.paths import WORKFLOW, there

FIXED = {"game": {"title": "", "rules": ""}, "seat": ""}
TURN = FIXED | {"observation": "", "history": ("",), "labels": ("",)}
BLOCKS = {"prefix": FIXED, "state": TURN, "rethink": TURN | {"failure": ""}}
"""Every block with the names that it may use. ``load`` renders each block with them as a test."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnContext:
    """What a seat sees on its turn. It holds nothing that the seat may not know.

    ``labels`` are the legal moves in the order shown; empty if the agent hides them.
    """

    game: Game
    seat: int
    observation: str
    history: tuple[str, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fixed:
    """What stays the same in every turn of one seat of a game."""

    names: dict[str, Any]
    prefix: str


@dataclass(frozen=True, slots=True)
class Template:
    """A loaded template. ``digest`` is the SHA-256 of its text and part of an agent's identity."""

    name: str
    digest: str
    jinja: jinja2.Template
    _fixed: dict[tuple[str, int], Fixed] = field(default_factory=dict, compare=False, repr=False)
    """By load string and seat, filled on the first turn."""

    def first(self, observation: TurnContext) -> str:
        """Return the first message of a conversation: the stable prefix, then the turn."""
        return f"{self._fixed_for(observation).prefix}\n\n{self.state(observation)}"

    def state(self, observation: TurnContext) -> str:
        """Return the turn without the prefix."""
        return render(self.jinja, "state", self._names(observation))

    def rethink(self, observation: TurnContext, failure: str) -> str:
        """Return the message that follows a reply without a legal move."""
        return render(self.jinja, "rethink", self._names(observation) | {"failure": failure})

    def _names(self, seen: TurnContext) -> dict[str, Any]:
        turn = {"observation": seen.observation, "history": seen.history, "labels": seen.labels}
        return self._fixed_for(seen).names | turn

    def _fixed_for(self, seen: TurnContext) -> Fixed:
        game, key = seen.game, (seen.game.load_string, seen.seat)
        if key not in self._fixed:
            told = {"title": game.title, "rules": game.rules()}
            names = {"game": told, "seat": game.seat_name(seen.seat)}
            self._fixed[key] = Fixed(names, render(self.jinja, "prefix", names))
        return self._fixed[key]


def render(template: jinja2.Template, block: str, names: dict[str, Any]) -> str:
    """Render one block. Raises jinja2.TemplateError for a name that is not in ``names``."""
    # Shared: Jinja copies its own helpers into every other context, which takes longer than a turn.
    context = template.new_context({**template.environment.globals, **names}, shared=True)
    return "".join(template.blocks[block](context)).strip()


def places(working: Path) -> tuple[Path, ...]:
    """Return the folders to search, in order: the grid's, the user's plug-ins, the workflow's."""
    own = plugins.PROMPT.folder
    return (working / own, *plugins.folders(), WORKFLOW / own)


def load(name: str, folders: Sequence[Path] | None = None) -> Template:
    """Load the template ``name`` from the first folder that has it.

    Raises UserError if no folder has it, it does not parse, or a block is missing or uses an
    unknown name.
    """
    searched = places(Path.cwd()) if folders is None else folders
    named = (folder / f"{name}{plugins.PROMPT.suffix}" for folder in searched)
    path = next((path for path in named if there(path, Path.is_file)), None)
    if path is None:
        others = (file for folder in searched for file in folder.glob(f"*{plugins.PROMPT.suffix}"))
        known = sorted({file.stem for file in others})
        raise UserError(
            f"prompt: no template {name!r} in config/prompts/ or in plugins.{nearest(name, known)} "
            f"There are {', '.join(known)}."
        )
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text.") from error
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    environment.filters["tojson_plain"] = _json
    try:
        template = environment.from_string(text)
    except jinja2.TemplateSyntaxError as error:
        raise UserError(f"{path}, line {error.lineno}: {error.message}") from error
    missing = [block for block in BLOCKS if block not in template.blocks]
    if missing:
        raise UserError(f"{path}: no block {missing[0]!r}; a template has {', '.join(BLOCKS)}.")
    for block, names in BLOCKS.items():
        try:
            render(template, block, names)
        except (jinja2.TemplateError, TypeError) as error:
            raise UserError(f"{path}: block {block!r}: {error}.") from error
    return Template(name, hashlib.sha256(text.encode()).hexdigest(), template)


def _json(labels: Sequence[str]) -> str:
    """Return readable JSON; Jinja's own filter would escape < and & for HTML."""
    return json.dumps(list(labels), ensure_ascii=False)

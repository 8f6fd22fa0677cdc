"""Load prompt templates and turn what a seat observes into messages.

A template is one Jinja file with three blocks: ``prefix`` (rules and answer format; it knows game
and seat alone, so that it is stable), ``state`` (the turn) and ``rethink`` (what to say after a
reply without a legal move). ``places`` lists the folders that are searched.
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
"""The blocks, each with every name it may use, to try it with before it is needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnContext:
    """What one seat is told when it is its turn; holds nothing the seat may not know.

    ``labels`` are the legal moves in the order they are shown; empty where they are hidden.
    """

    game: Game
    seat: int
    observation: str
    history: tuple[str, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fixed:
    """What a template says alike in every turn of one seat of a game."""

    names: dict[str, Any]
    prefix: str


@dataclass(frozen=True, slots=True)
class Template:
    """One loaded template. ``digest`` is the SHA-256 of its text: another text, another agent."""

    name: str
    digest: str
    jinja: jinja2.Template
    _fixed: dict[tuple[str, int], Fixed] = field(default_factory=dict, compare=False, repr=False)
    """By load string and seat, made at their first turn."""

    def first(self, observation: TurnContext) -> str:
        """The first turn of a conversation: the stable prefix, then the turn."""
        return f"{self._fixed_for(observation).prefix}\n\n{self.state(observation)}"

    def state(self, observation: TurnContext) -> str:
        """The turn alone."""
        return render(self.jinja, "state", self._names(observation))

    def rethink(self, observation: TurnContext, failure: str) -> str:
        """What to say after a reply that gave no legal move."""
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
    """The text of one block. Raises jinja2.TemplateError for a name that is not among ``names``."""
    # Shared: Jinja copies its own helpers into every other context, which takes longer than a turn.
    context = template.new_context({**template.environment.globals, **names}, shared=True)
    return "".join(template.blocks[block](context)).strip()


def places(working: Path) -> tuple[Path, ...]:
    """The folders to search for templates: the grid's own, the user's plug-ins, the workflow's."""
    own = plugins.PROMPT.folder
    return (working / own, *plugins.folders(), WORKFLOW / own)


def load(name: str, folders: Sequence[Path] | None = None) -> Template:
    """Load the template ``name`` from the first folder that has it.

    Raises UserError if no folder has it, it does not parse, a block is missing or names what there
    is not.
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
        raise UserError(f"{path} is no UTF-8 text.") from error
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
    """JSON as it is read by people: Jinja's own filter escapes < and & for HTML."""
    return json.dumps(list(labels), ensure_ascii=False)

"""Load prompt templates and render a seat's turn as text.

A template is one Jinja file with three blocks. ``prefix`` holds rules and answer format; it depends
only on game and seat, so it stays constant. ``state`` holds the turn. ``rethink`` follows a reply
without a legal move. ``places`` lists the folders that are searched.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jinja2

from gamegrid import plugins
from gamegrid.errors import UserError, nearest
from gamegrid.games.game import Game
from gamegrid.paths import WORKFLOW, there
from gamegrid.prompts import sandbox

NAME = re.compile(r"\w[\w.-]*")
"""A name is one word, so it leads to no other folder."""
FIXED = {"game": {"title": "", "rules": ""}, "seat": ""}
TURN = FIXED | {"observation": "", "history": ("",), "labels": ("",)}
BLOCKS = {"prefix": FIXED, "state": TURN, "rethink": TURN | {"failure": ""}}
"""Each block with dummy values for every name it may use; ``load`` test-renders them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnContext:
    """Everything a template may say about one turn; holds nothing hidden from the seat.

    ``labels`` lists the legal moves in the order shown; empty if the agent's settings hide them.
    """

    game: Game
    seat: int
    observation: str
    history: tuple[str, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fixed:
    """The parts of a prompt that stay the same in all turns of one seat."""

    names: dict[str, Any]
    prefix: str


@dataclass(frozen=True, slots=True)
class Template:
    """A loaded template.

    ``digest`` is the SHA-256 of its text. A changed text makes a different agent.
    """

    name: str
    digest: str
    jinja: jinja2.Template
    _fixed: dict[tuple[str, int], Fixed] = field(default_factory=dict, compare=False, repr=False)
    """Cache by (load string, seat)."""

    def first(self, observation: TurnContext) -> str:
        """Render the first turn of a conversation: the constant prefix, then the turn."""
        return f"{self._fixed_for(observation).prefix}\n\n{self.state(observation)}"

    def state(self, observation: TurnContext) -> str:
        """Render the turn alone."""
        return render(self.jinja, "state", self._names(observation))

    def rethink(self, observation: TurnContext, failure: str) -> str:
        """Render the answer to a reply that stated no legal move."""
        return render(self.jinja, "rethink", self._names(observation) | {"failure": failure})

    def _names(self, seen: TurnContext) -> dict[str, Any]:
        turn = {"observation": seen.observation, "history": seen.history, "labels": seen.labels}
        return self._fixed_for(seen).names | turn

    def _fixed_for(self, seen: TurnContext) -> Fixed:
        game, key = seen.game, (seen.game.load_string, seen.seat)
        if key not in self._fixed:
            texts = {"title": game.title, "rules": game.rules()}
            names = {"game": texts, "seat": game.seat_name(seen.seat)}
            self._fixed[key] = Fixed(names, render(self.jinja, "prefix", names))
        return self._fixed[key]


def render(template: jinja2.Template, block: str, names: dict[str, Any]) -> str:
    """Render one block. Raises jinja2.TemplateError if it uses a name missing in ``names``."""
    # A shared context: otherwise Jinja copies its helpers, which takes longer than rendering a
    # turn.
    context = template.new_context(template.environment.globals | names, shared=True)
    return sandbox.joined(template.blocks[block](context)).strip()


def places(working: Path) -> tuple[Path, ...]:
    """Return the folders to search, in order: the grid's, the user's plug-ins, the workflow's."""
    own = plugins.PROMPT.folder
    return (working / own, *plugins.folders(), WORKFLOW / own)


def load(name: str, folders: Sequence[Path] | None = None) -> Template:
    """Load the template ``name``, one word, from the first folder that has it.

    Raises UserError if no folder has it, if it does not parse, if a block is missing, or if a block
    uses an unknown name.
    """
    if not NAME.fullmatch(name):
        raise UserError(
            f"prompt: {name!r} is not the name of a template. A name is one word of letters, "
            f"digits, _, . and -, such as 'default'."
        )
    searched = places(Path.cwd()) if folders is None else folders
    named = (folder / f"{name}{plugins.PROMPT.suffix}" for folder in searched)
    path = next((path for path in named if there(path, Path.is_file)), None)
    if path is None:
        others = (file for folder in searched for file in folder.glob(f"*{plugins.PROMPT.suffix}"))
        known = sorted({file.stem for file in others})
        raise UserError(
            f"prompt: no template {name!r} in config/prompts/ or in plugins.{nearest(name, known)} "
            f"Available: {', '.join(known)}."
        )
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not valid UTF-8 text.") from error
    environment = sandbox.environment(keep_trailing_newline=True)
    environment.filters["tojson_plain"] = _json
    try:
        template = environment.from_string(text)
    except jinja2.TemplateSyntaxError as error:
        raise UserError(f"{path}, line {error.lineno}: {error.message}") from error
    missing = [block for block in BLOCKS if block not in template.blocks]
    if missing:
        raise UserError(
            f"{path}: block {missing[0]!r} is missing. A template needs {', '.join(BLOCKS)}."
        )
    for block, names in BLOCKS.items():
        try:
            render(template, block, names)
        except Exception as error:
            # Expressions raise what Python raises, such as ZeroDivisionError.
            raise UserError(f"{path}: block {block!r}: {error}.") from error
    return Template(name, hashlib.sha256(text.encode()).hexdigest(), template)


def _json(labels: Sequence[str]) -> str:
    """Format labels as JSON for readers; Jinja's own filter escapes < and & for HTML."""
    return json.dumps(list(labels), ensure_ascii=False)

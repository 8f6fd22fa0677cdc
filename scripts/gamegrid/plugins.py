"""Name everything that plugs in, and find the files that do.

Each hook below says what can be added and how a file declares it. gamegrid reads the files of the
hook's folder in the workflow and those of the user's folders (``plugins`` in the configuration).
Adding a file is enough: no list is edited anywhere.

A process reads one configuration. Reading another one replaces the user's folders.
"""

import hashlib
import importlib
import importlib.util
import pkgutil
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from inspect import isabstract, isclass
from operator import attrgetter
from pathlib import Path
from textwrap import shorten
from traceback import walk_tb
from types import ModuleType
from typing import Any

from gamegrid import declarations
from gamegrid.declarations import article
from gamegrid.errors import UserError
from gamegrid.paths import resolve, there

Folders = tuple[Path, ...]

MODULE = ".py"
"""The ending of files that are Python modules."""
MODULE_NAME = "gamegrid_plugin_"
"""What the names of users' modules begin with."""
QUOTED = 200
"""The most characters quoted from an error of a user's file."""
MISFIT = re.compile(r"([\w.]+)\(\) (?:takes|missing|got) ")
"""How Python begins to tell that a function does not fit its call, which no frame shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """One thing that plugs in.

    A file fills the hook if its name ends in ``suffix`` and, for Python modules, if it assigns a
    value of ``type`` to ``variable``. No two files may share one of the value's ``names``.
    """

    what: str
    """The word for it in error messages."""
    folder: str
    """Where the workflow's own files are, relative to its root."""
    appears: str
    """Where a user sees the result."""
    suffix: str = MODULE
    variable: str = ""
    """Empty for files that are no Python modules."""
    type: str = ""
    """Import path of the class. A value is an instance of it or a concrete subclass."""
    names: Callable[[Any], Iterable[str]] = lambda _: ()

    @property
    def package(self) -> str:
        """The package of the workflow's own modules."""
        return self.folder.removeprefix("scripts/").replace("/", ".")

    @property
    def declaration(self) -> str:
        """What to look for in a file: the variable it assigns, or the ending of its name."""
        return self.variable or self.suffix


GAME = Hook(
    what="game",
    variable="GAME",
    type="gamegrid.games.game.Game",
    names=lambda game: (game.short_name, *game.aliases),
    folder="scripts/gamegrid/games",
    appears="`games` of a grid; every table by game; the replays",
)
AGENT = Hook(
    what="agent type",
    variable="AGENT",
    type="gamegrid.agents.agent.AgentKind",
    names=lambda kind: (kind.type,),
    folder="scripts/gamegrid/agents",
    appears="`type` of an entry of `agents`; every table by agent",
)
BACKEND = Hook(
    what="backend",
    variable="BACKEND",
    type="gamegrid.backends.backend.BackendKind",
    names=lambda kind: (kind.prefix,),
    folder="scripts/gamegrid/backends",
    appears="the prefix of model ids; the tables `latency` and `usage`",
)
PROMPT = Hook(
    what="prompt",
    suffix=".jinja",
    folder="config/prompts",
    appears="`prompt` of an agent; the table `prompt_spread`; `gamegrid prompt`",
)
TABLE = Hook(
    what="table",
    suffix=".sql",
    folder="scripts/gamegrid/store/views",
    appears="the database; `results/tables/` and its README",
)
FIGURE = Hook(
    what="figure",
    variable="FIGURE",
    type="gamegrid.report.figures.figure.Figure",
    names=lambda figure: (figure.name,),
    folder="scripts/gamegrid/report/figures",
    appears="`results/figures/`; a section of `results/report.html`",
)
BOARD = Hook(
    what="board of the game class",
    variable="BOARD",
    type="gamegrid.report.boards.board.Board",
    names=lambda board: (board.kind.__name__,),
    folder="scripts/gamegrid/report/boards",
    appears="the replays in `results/report.html`",
)
HOOKS = (GAME, AGENT, BACKEND, PROMPT, TABLE, FIGURE, BOARD)
"""Everything that plugs in, in the order of docs/extending.md."""


@dataclass(frozen=True, slots=True)
class UserFile:
    """A file in a folder of the user's. ``digest`` is the SHA-256 of its content."""

    path: Path
    digest: str

    @property
    def label(self) -> str:
        """Folder and name of the file: the same on every machine."""
        return f"{self.path.parent.name}/{self.path.name}"


@dataclass(frozen=True, slots=True)
class UserFolders:
    """The user's folders and every file in them that can fill a hook, as read at one moment."""

    folders: Folders = ()
    files: tuple[UserFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Declared:
    """What a file declares. ``file`` is None for the workflow's own files."""

    value: Any
    file: UserFile | None


NO_FOLDERS = UserFolders()
_IN_USE: ContextVar[UserFolders] = ContextVar("in_use", default=NO_FOLDERS)


def in_use() -> UserFolders:
    """The user's folders of the configuration in use: a key for caches of what they declare."""
    return _IN_USE.get()


def folders() -> Folders:
    """The user's folders of the configuration in use."""
    return in_use().folders


def use(chosen: Sequence[Path]) -> None:
    """Read these folders, and use them and no others from now on.

    Raises UserError if one does not exist or cannot be read.
    """
    for folder in chosen:
        if not there(folder, Path.is_dir):
            raise UserError(f"config: plugins: there is no folder {str(folder)!r}.")
    resolved = tuple(folder.resolve() for folder in chosen)
    suffixes = {hook.suffix for hook in HOOKS}
    paths = [path for folder in resolved for path in sorted(folder.iterdir()) if path.is_file()]
    _IN_USE.set(
        UserFolders(resolved, tuple(_read(path) for path in paths if path.suffix in suffixes))
    )


def use_configured(config: Mapping[str, Any], working: Path) -> None:
    """Use the folders that a configuration lists under ``plugins``; see ``use``.

    A value that is no list of folders counts as none: the configuration's type rejects it.
    """
    listed = config.get("plugins")
    if not isinstance(listed, list) or not all(isinstance(folder, str) for folder in listed):
        listed = []
    use([resolve(folder, working) for folder in listed])


@contextmanager
def restored(used: UserFolders) -> Iterator[None]:
    """Use the folders of ``in_use`` at an earlier moment until the block ends, as read then."""
    before = _IN_USE.set(used)
    try:
        yield
    finally:
        _IN_USE.reset(before)


@contextmanager
def using(chosen: Sequence[Path]) -> Iterator[None]:
    """Use these folders until the block ends."""
    before = in_use()
    try:
        use(chosen)
        yield
    finally:
        _IN_USE.set(before)


def declared(hook: Hook) -> tuple[Declared, ...]:
    """Everything that fills a hook with a Python module, the workflow's own first.

    Raises UserError, naming the file, if one of the user's cannot be run, declares a value of
    another type, or takes a name that another file has.
    """
    return _declared(hook, in_use())


def values(hook: Hook) -> list[Any]:
    """The values that fill a hook; see ``declared``."""
    return [each.value for each in declared(hook)]


def own(hook: Hook) -> list[Any]:
    """The values that the workflow's own modules declare for a hook, by module name."""
    package = importlib.import_module(hook.package)
    names = sorted(info.name for info in pkgutil.iter_modules(package.__path__))
    modules = [importlib.import_module(f"{hook.package}.{name}") for name in names]
    return [getattr(each, hook.variable) for each in modules if hasattr(each, hook.variable)]


def files(hook: Hook) -> list[UserFile]:
    """The user's files that fill a hook."""
    if hook.suffix == MODULE:
        return [each.file for each in declared(hook) if each.file]
    return [file for file in in_use().files if file.path.suffix == hook.suffix]


def source(hook: Hook, name: str) -> UserFile | None:
    """The user's file that declares ``name``; None if the workflow itself does."""
    return _sources(hook, in_use()).get(name)


def sources(hook: Hook) -> dict[str, UserFile]:
    """The user's files that fill a hook, by each name they declare."""
    return dict(_sources(hook, in_use()))


def check_made(hook: Hook, name: str, function: str, made: object, interface: type) -> None:
    """Check what a function of the declaration with this name returned.

    Raises UserError, naming the file, if a user's file made it and it lacks a method of the
    ``interface``, a Protocol.
    """
    file = source(hook, name)
    if file and (wrong := list(declarations.missing(interface, made))):
        # Not the value itself: what a backend shows of itself may hold a key.
        kind = "None" if made is None else article(_name(type(made)))
        raise refusal(
            file.path,
            f"declares {article(hook.variable)} whose {function} returned "
            f"{kind}, which {' and '.join(wrong)}; see {_name(interface)} in "
            f"{interface.__module__}",
        )


def refusal(file: Path, reason: str) -> UserError:
    """The error for a user's file that cannot be used."""
    return UserError(f"config: plugins: {str(file)!r} {reason}.")


@cache
def _sources(hook: Hook, used: UserFolders) -> dict[str, UserFile]:
    return {
        name: each.file
        for each in _declared(hook, used)
        if each.file
        for name in hook.names(each.value)
    }


@cache
def _declared(hook: Hook, used: UserFolders) -> tuple[Declared, ...]:
    ours = tuple(Declared(value, None) for value in own(hook))
    taken = {name for each in ours for name in hook.names(each.value)}
    added = list[Declared]()
    for file in used.files:
        if file.path.suffix != MODULE or not hasattr(module := _run(file), hook.variable):
            continue
        value = getattr(module, hook.variable)
        _check(hook, file, value)
        names = _names(hook, file, value)
        if clash := sorted(taken & names):
            raise refusal(file.path, f"declares the {hook.what} {clash[0]!r}, which is taken")
        taken |= names
        added.append(Declared(value, file))
    return *ours, *added


def _check(hook: Hook, file: UserFile, value: Any) -> None:
    """Refuse a value that is not of the hook's type, or has a part that is not of its type."""
    wanted = pkgutil.resolve_name(hook.type)
    if isabstract(wanted):
        fits, expected = (
            isclass(value) and issubclass(value, wanted),
            f"subclass of {_name(wanted)}",
        )
    else:
        fits, expected = isinstance(value, wanted), _name(wanted)
    if not fits:
        raise refusal(
            file.path,
            f"declares {article(hook.variable)} that is not {article(expected)}",
        )
    if lacking := sorted(getattr(value, "__abstractmethods__", ())):
        raise refusal(
            file.path,
            f"declares {article(hook.variable)}, {_name(value)}, that lacks {', '.join(lacking)}; "
            f"{_name(wanted)} describes what each returns",
        )
    if wrong := list(declarations.mistakes(wanted, value)):
        raise refusal(
            file.path,
            f"declares {article(hook.variable)} whose {'; whose '.join(wrong)}",
        )


def _names(hook: Hook, file: UserFile, value: Any) -> set[str]:
    try:
        return set(hook.names(value))
    except AttributeError as error:
        reason = f"declares {article(hook.variable)} that lacks {error.name}"
        raise refusal(file.path, reason) from error


def _name(value: Any) -> str:
    return str(value.__name__)


def blame(error: BaseException) -> str | None:
    """Return a sentence if a user's file is at fault for an error that is no UserError, else None.

    It is at fault if the error passed through its code, or if what it made lacks an attribute.
    """
    text = shorten(str(error), QUOTED, placeholder=" …").rstrip(".")
    said = f"{type(error).__name__}: {text}"
    if isinstance(error, AttributeError):
        owner = error.obj if isclass(error.obj) else type(error.obj)
        if file := _plugin_file(owner.__module__):
            return f"plug-in {str(file)!r}: {_name(owner)} lacks {error.name!r}."
    for frame, line in reversed(list(walk_tb(error.__traceback__))):
        if file := _plugin_file(frame.f_globals.get("__name__")):
            where = f"line {line}, in {frame.f_code.co_name}"
            return f"plug-in {str(file)!r}, {where}: {said}."
    if isinstance(error, TypeError) and (call := MISFIT.match(text)):
        for file in _files_with(call[1]):
            return f"plug-in {str(file)!r}: {said}."
    return None


def _files_with(function: str) -> Iterator[str]:
    """Yield the path of each user's module that defines a function or method of this name."""
    for file in in_use().files:
        if module := sys.modules.get(_module_name(file)):
            try:
                attrgetter(function)(module)
            except AttributeError:
                continue
            yield str(file.path)


def _plugin_file(module: object) -> str | None:
    """Return the path of a user's module by its name; None for other modules.

    Code that ``exec`` runs, such as a Snakefile, may have no name or one that is no text.
    """
    if not isinstance(module, str) or not module.startswith(MODULE_NAME):
        return None
    return getattr(sys.modules.get(module), "__file__", None)


def _read(path: Path) -> UserFile:
    try:
        return UserFile(path, hashlib.sha256(path.read_bytes()).hexdigest())
    except OSError as error:
        raise refusal(path, f"cannot be read: {error.strerror}") from error


def _module_name(file: UserFile) -> str:
    return f"{MODULE_NAME}{hashlib.sha256(str(file).encode()).hexdigest()[:16]}_{file.path.stem}"


@cache
def _run(file: UserFile) -> ModuleType:
    """Run a user's module; once for each content."""
    name = _module_name(file)
    spec = importlib.util.spec_from_file_location(name, file.path)
    if spec is None or spec.loader is None:
        raise refusal(file.path, "cannot be read")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pydantic look names up here
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        said = " ".join(str(error).split()).rstrip(".")
        raise refusal(file.path, f"cannot be run: {type(error).__name__}: {said}") from error
    return module

"""Read model files, and find the backend and the entry of a model id."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from gamegrid import paths, plugins
from gamegrid.backends import misplaced_keys
from gamegrid.backends.backend import BackendKind, ModelEntry
from gamegrid.config import yaml_files
from gamegrid.config.yaml_files import UnfitYaml
from gamegrid.errors import UserError, nearest

RESULT_ENGINE_KEYS = ("dtype", "quantization", "max_model_len", "stop_after_answer")
"""Engine arguments that change what a model answers. The others change only its speed."""
ALIKE = 0.9
"""How alike two ids are, from 0 to 1 as difflib counts, if one may be the other misspelt."""
AGENT_KEY = "deterministic"
"""The one setting of an entry that comes from the agent."""


def backends() -> dict[str, BackendKind]:
    """Return every backend by the prefix of its model ids, the user's included."""
    return {kind.prefix: kind for kind in plugins.values(plugins.BACKEND)}


@dataclass(frozen=True, slots=True)
class Filed:
    """An entry and the model file that holds it."""

    entry: ModelEntry
    file: Path


@dataclass(frozen=True, slots=True)
class Model:
    """A model and its entry.

    ``written`` is the entry as in the model file. ``entry`` is what the backend gets: with absolute
    paths, with what the agent's settings add and, if a server runs the model, with the id that the
    backend of ``kind`` knows. ``file`` is the model file, None for a model without an entry. Such a
    model may be a misspelt one: ``similar`` is the entry with the most similar id, if one is close.
    """

    kind: BackendKind
    written: ModelEntry
    entry: ModelEntry
    file: Path | None = None
    similar: Filed | None = None

    def identity(self) -> dict[str, Any]:
        """Return what changes the model's answers. Where it runs is not part of it."""
        written = self.written
        kept = {"model_path", "adapter_path", "tokenizer_path", "revision"}
        identity = written.model_dump(include=kept, exclude_none=True)
        if engine := {k: v for k, v in written.engine.items() if k in RESULT_ENGINE_KEYS}:
            identity["engine"] = engine
        if self.entry.deterministic:
            identity["deterministic"] = True
        return identity


def backend_of(model_id: str, agent: str) -> BackendKind:
    """Return the backend of a model id. Raises UserError if its prefix names none."""
    prefix, _, rest = model_id.partition("_")
    kind = backends().get(prefix)
    if kind is None or not rest:
        allowed = ", ".join(f"{known}_..." for known in backends())
        raise UserError(
            f"config: agents.{agent}.model: {model_id!r} has no known prefix; a model id is one "
            f"of {allowed}."
        )
    return kind


def find(
    model_id: str,
    agent: str,
    entries: Mapping[str, Filed],
    working: Path,
    *,
    deterministic: bool = False,
) -> Model:
    """Return the model for an id, with the settings of its entry if it has one.

    A path of an entry is looked for beside its model file, then as ``paths.resolve`` does.

    Raises UserError if no backend knows the id, or if the entry contradicts itself.
    """
    filed = entries.get(model_id)
    written, file = (filed.entry, filed.file) if filed else (ModelEntry(name=model_id), None)
    changes: dict[str, Any] = {
        key: str(paths.resolve(value, working, file.parent if file else None))
        for key in ("model_path", "adapter_path", "tokenizer_path")
        if (value := getattr(written, key)) is not None
    }
    if deterministic:
        changes["deterministic"] = True
    kind, entry = backend_of(model_id, agent), written.model_copy(update=changes)
    if entry.api_base is None and file and (folder := _beside(kind, entry, file)):
        entry = entry.model_copy(update={"model_path": str(folder)})
    if entry.api_base is not None and kind.served is not None:
        kind, entry = _served(kind.served, agent, entry)
    similar = None if filed else _similar(model_id, entries)
    return Model(kind, written, entry, file, similar)


def _similar(model_id: str, entries: Mapping[str, Filed]) -> Filed | None:
    """Return the entry whose id is almost ``model_id``; None without one."""
    close = get_close_matches(model_id, list(entries), n=1, cutoff=ALIKE)
    return entries[close[0]] if close else None


def _beside(kind: BackendKind, entry: ModelEntry, file: Path) -> Path | None:
    """Return the folder beside a model file that an id without model_path names; None without."""
    if entry.model_path is not None or kind.capabilities.hosted or kind.hub(entry) is not None:
        return None
    folder = file.parent / entry.name.partition("_")[2]
    return folder if paths.there(folder, Path.is_dir) else None


def _served(served: str, agent: str, entry: ModelEntry) -> tuple[BackendKind, ModelEntry]:
    """Return a local backend's model as a server runs it: asked over HTTP, without a GPU here."""
    if entry.engine or entry.gpus:
        key = "engine" if entry.engine else "gpus"
        raise UserError(
            f"config: agents.{agent}: {entry.name}: {key} is for a model that the job itself "
            "loads; with an api_base, remove it and start the server with it."
        )
    name = f"{served}{entry.name.partition('_')[2]}"
    return backend_of(name, agent), entry.model_copy(update={"name": name})


def read_files(names: Iterable[str], working: Path) -> dict[str, Filed]:
    """Read model files. A later entry of the same name wins.

    An entry is a model id alone or a mapping with ``name``. Raises UserError naming file and entry.
    """
    entries = {}
    for name in names:
        path = paths.resolve(name, working)
        for entry in _read_file(path, working):
            entries[entry.name] = Filed(entry, path)
    return entries


def _read_file(path: Path, working: Path) -> list[ModelEntry]:
    try:
        if not paths.there(path, Path.is_file):
            raise UserError(f"config: models: there is no file {str(path)!r}.")
        content = yaml_files.read(path)
    except UnfitYaml as error:
        raise UserError(f"{path} is not valid YAML: {error}.") from error
    if not isinstance(content, dict) or not isinstance(content.get("models"), list):
        raise UserError(f"{path}: a model file has one key, models, with a list of entries.")
    misplaced_keys.refuse(content["models"], str(path), working)
    entries = [_entry(path, item) for item in content["models"]]
    for name, count in Counter(entry.name for entry in entries).items():
        if count > 1:
            raise UserError(f"{path}: {name!r} has {count} entries; keep one of them.")
    return entries


def _entry(path: Path, item: Any) -> ModelEntry:
    if isinstance(item, str):
        item = {"name": item}
    if isinstance(item, dict) and AGENT_KEY in item:
        raise UserError(f"{path}: entry {item.get('name', '?')!r}: set {AGENT_KEY} on the agent.")
    try:
        return ModelEntry.model_validate(item)
    except ValidationError as error:
        name = item.get("name", "?") if isinstance(item, dict) else item
        known = sorted(ModelEntry.model_fields.keys() - {AGENT_KEY})
        mistakes = error.errors(include_url=False)
        told = [_mistake(mistake, known) for mistake in mistakes]
        if any(mistake["type"] == "extra_forbidden" for mistake in mistakes):
            told.append(f"Known: {', '.join(known)}.")
        raise UserError(f"{path}: entry {name!r}: {' '.join(told)}") from error


def _mistake(mistake: ErrorDetails, known: list[str]) -> str:
    key = ".".join(str(part) for part in mistake["loc"])
    if mistake["type"] == "extra_forbidden":
        return f"unknown key {key!r}.{nearest(key, known)}"
    return f"{key}: {mistake['msg']}." if key else "this is neither a model id nor a mapping."

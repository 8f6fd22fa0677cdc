"""Models of the Hugging Face hub: whether they are in the local cache, and how to download them."""

import logging
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gamegrid.backends import local
from gamegrid.backends.providers import Secrets
from gamegrid.errors import UserError
from gamegrid.paths import there

log = logging.getLogger(__name__)

WEIGHTS = ".safetensors"
"""The only file type of weights that is loaded: the others are pickles, which can run code."""
OTHER = (".json", ".jinja", ".txt", ".model", ".tiktoken")
"""File types of settings and tokenizers."""
CODE = ".py"
"""The file type of code, which is fetched only if the model's entry allows to run it."""
GB = 1e9
ANSWER_S = 5.0
"""Seconds in which the hub must tell a model's size."""


@dataclass(frozen=True, slots=True)
class HubModel:
    """A model of the hub: its id in the configuration, its repository and its revision."""

    name: str
    repo: str
    revision: str = "main"
    code: bool = False
    """Whether the entry sets ``trust_remote_code``."""


def cache() -> Path:
    """Return the cache folder, by the rules of the Hugging Face libraries."""
    base = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = os.environ.get("HF_HOME", f"{base}/huggingface")
    return Path(os.environ.get("HF_HUB_CACHE", f"{home}/hub")).expanduser()


def offline() -> bool:
    """Return whether HF_HUB_OFFLINE forbids requests to the hub."""
    values = (os.environ.get(key, "") for key in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"))
    return any(value.upper() in {"1", "ON", "YES", "TRUE"} for value in values)


def snapshot(model: HubModel) -> Path:
    """Return the folder that a model is downloaded to, whether or not it exists."""
    folder = cache() / f"models--{model.repo.replace('/', '--')}"
    note = folder / "refs" / model.revision
    commit = note.read_text().strip() if there(note, Path.is_file) else model.revision
    return folder / "snapshots" / commit


def is_cached(model: HubModel) -> bool:
    """Return whether settings and weights of a model have been downloaded."""
    folder = snapshot(model)
    weights = folder.glob(f"*{WEIGHTS}")
    return there(folder / "config.json") and any(path.exists() for path in weights)


def free_gb() -> float:
    """Return the free space in the cache, in units of 10^9 bytes."""
    folder = cache().absolute()
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    return shutil.disk_usage(existing).free / GB


def remedy() -> str:
    """Return the sentence on how to get a model that is missing."""
    return (
        f"Run `snakemake --cores 1 fetch_models` with a network and without HF_HUB_OFFLINE "
        f"({free_gb():.1f} GB are free in {cache()}; the model's size is unknown), or set "
        "model_path to its folder."
    )


def fetch_all(models: Iterable[HubModel]) -> None:
    """Download every missing model. Raises UserError with one line per failed model."""
    failures = []
    for model in models:
        try:
            log.info("%s: %s", model.name, fetch(model))
        except UserError as error:
            failures.append(str(error))
    if failures:
        raise UserError("\n".join(failures))


def download_gb(model: HubModel) -> float | None:
    """Return what ``fetch`` would download, in units of 10^9 bytes; None if the hub is silent.

    Raises UserError if the hub has no such model for this user.
    """
    if offline():
        return None
    from huggingface_hub import HfApi
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    try:
        info = HfApi().model_info(
            model.repo, revision=model.revision, files_metadata=True, timeout=ANSWER_S
        )
    except (GatedRepoError, RepositoryNotFoundError) as error:
        raise UserError(_failure(model, error)) from None
    except Exception:
        # The hub's client raises errors of several libraries, and the size is only a courtesy.
        return None
    sizes = {file.rfilename: file.size or 0 for file in info.siblings or ()}
    return sum(sizes[name] for name in needed(sizes, code=model.code)) / GB


def fetch(model: HubModel) -> str:
    """Download one model and return what was done. Raises UserError with cause and remedy."""
    if offline():
        if is_cached(model):
            return f"{model.repo} is in the cache; not checked, because HF_HUB_OFFLINE is set"
        raise UserError(
            f"{model.name}: {model.repo} is not in {cache()}, and HF_HUB_OFFLINE forbids "
            "a download; unset it on a machine with a network."
        )
    from huggingface_hub import HfApi, snapshot_download

    try:
        info = HfApi().model_info(model.repo, revision=model.revision, files_metadata=True)
        sizes = {file.rfilename: file.size or 0 for file in info.siblings or ()}
        wanted = needed(sizes, code=model.code)
        if not any(name.endswith(WEIGHTS) for name in wanted):
            raise UserError(local.pickled(model.name, model.repo))
        total, free = sum(sizes[name] for name in wanted) / GB, free_gb()
        if not is_cached(model) and total > free:
            raise UserError(
                f"{model.name}: {model.repo} needs {total:.1f} GB, but {free:.1f} GB are free in "
                f"{cache()}; free some space, or set HF_HOME to a larger disk."
            )
        snapshot_download(model.repo, revision=model.revision, allow_patterns=list(wanted))
    except UserError:
        raise
    except Exception as error:
        # The hub's client raises errors of several libraries.
        raise UserError(_failure(model, error)) from None
    return f"{model.repo} is in the cache ({total:.1f} GB)"


def needed(sizes: Mapping[str, int], *, code: bool = False) -> Sequence[str]:
    """Return the top-level files to download, with the model's own code only on request."""
    kinds = (WEIGHTS, *OTHER, CODE) if code else (WEIGHTS, *OTHER)
    return [name for name in sizes if "/" not in name and name.endswith(kinds)]


def _failure(model: HubModel, error: Exception) -> str:
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    if isinstance(error, GatedRepoError):
        return (
            f"{model.name}: {model.repo} is gated; accept its conditions on its page at "
            "huggingface.co and set HF_TOKEN to a token of that account."
        )
    if isinstance(error, RepositoryNotFoundError):
        return (
            f"{model.name}: the hub has no public model {model.repo!r}; correct the id, or set "
            "HF_TOKEN if it is private."
        )
    cached = "An earlier download is in the cache. " if is_cached(model) else ""
    # Addresses of downloads are signed, and errors quote them.
    said = Secrets(os.environ, None).scrub(local.brief(error))
    return (
        f"{model.name}: cannot download {model.repo} from the hub ({said}). "
        f"{cached}Run this with a network, or set model_path to its folder "
        f"({free_gb():.1f} GB are free in {cache()})."
    )

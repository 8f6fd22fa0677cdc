"""Loads the weights and tokenizer of an ``hf_`` model."""

import inspect
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from gamegrid import paths
from gamegrid.backends import answer_ends, hf_dtypes, hf_sources, hub, local
from gamegrid.backends.backend import BackendError, ModelEntry
from gamegrid.backends.hf_attention import share_keys
from gamegrid.backends.hf_sources import Source
from gamegrid.backends.hub import HubModel
from gamegrid.backends.local import Prompts

log = logging.getLogger(__name__)

PREFIX = "hf"
STOP_AFTER_ANSWER = "stop_after_answer"
"""The key of ``engine`` that ends a reply once it has stated its answer."""
CLOSED = "{}: closed before it could answer."
KEPT = ("bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id")
"""What ``generate`` reads of a model's generation_config."""
APPLIED = {
    *KEPT,
    "do_sample",
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "repetition_penalty",
    "stop_strings",
}
"""What is applied of a model's generation_config."""
UNUSED = {
    "max_length",
    "max_new_tokens",
    "output_attentions",
    "output_hidden_states",
    "output_logits",
    "output_scores",
    "return_dict_in_generate",
    "transformers_version",
    "use_cache",
}
"""What has no effect on a reply, or is replaced by the request's max_tokens."""
Result = TypeVar("Result")
SMALL = 30_000_000
"""A model with fewer parameters than this uses one CPU thread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """The model's generation settings, used where a request sets none. None: not stated."""

    temperature: float
    """0 means greedy."""
    top_p: float | None
    top_k: int | None
    min_p: float | None
    repetition_penalty: float | None


class TokensWith:
    """The set of tokens whose text contains one of some pieces, evaluated lazily."""

    def __init__(self, tokenizer: Any, *pieces: str) -> None:
        self._tokenizer = tokenizer
        self._pieces = pieces
        self._known: dict[int, bool] = {}

    def __contains__(self, token: int) -> bool:
        if token not in self._known:
            text = self._tokenizer.decode([token])
            self._known[token] = any(piece in text for piece in self._pieces)
        return self._known[token]


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A loaded model with everything needed to run it."""

    network: Any
    prompts: Prompts
    defaults: Defaults
    encoder: bool
    """Whether it is a sequence-to-sequence model, which reads the prompt with an encoder."""
    breaks: TokensWith | None
    """Line breaks; None if they do not end a reply."""
    closers: TokensWith | None
    """What may complete an answer; None if a complete answer does not end a reply."""
    pad: int
    served: str
    plain: bool
    """Whether it keeps the keys and values of all tokens and nothing else: see ``hf_slots``."""


def repository(entry: ModelEntry) -> str | None:
    """Return the hub repository of the model; None if it has a folder."""
    return entry.name.removeprefix(f"{PREFIX}_") if entry.model_path is None else None


def hub_model(entry: ModelEntry) -> HubModel | None:
    """Return the hub model with its revision; None if it has a folder."""
    repo = repository(entry)
    if not repo:
        return None
    return HubModel(entry.name, repo, entry.revision or "main", code=entry.trust_remote_code)


def load(entry: ModelEntry, gpu: int = 0) -> LoadedModel:
    """Load the entry's model, onto the GPU of this number unless it runs on the CPU.

    Call it in the thread that will run the model. Raises BackendError with cause and remedy.
    """
    return _explained(entry, lambda entry, source: _load(entry, source, gpu))


def choose_dtype(entry: ModelEntry, gpu: int) -> str:
    """Return the dtype that the model computes in on this machine; see ``hf_dtypes``.

    Raises BackendError with cause and remedy.
    """
    return _explained(entry, lambda entry, source: _choose_dtype(entry, source, gpu))


def _choose_dtype(entry: ModelEntry, source: Source, gpu: int) -> str:
    return hf_dtypes.choose(entry, _width(entry, source), hf_dtypes.device(entry, gpu))


def remark(entry: ModelEntry, dtype: str | None) -> str | None:
    """Return in which dtype the model computes, and whether another one would be faster here.

    ``dtype`` is the one on record. Returns None if this Python lacks the libraries, or the model
    cannot be read.
    """
    if find_spec("torch") is None or find_spec("transformers") is None:
        return None
    try:
        return _explained(entry, lambda entry, source: _remark(entry, source, dtype))
    except BackendError:
        return None  # what is wrong is told when the model is loaded


def _remark(entry: ModelEntry, source: Source, dtype: str | None) -> str:
    width, device = _width(entry, source), hf_dtypes.device(entry, 0)
    chosen = dtype or hf_dtypes.choose(entry, width, device)
    said = f"ready; computes in {hf_dtypes.words(chosen)}"
    if dtype is not None:
        return f"{said}, as these results have it on record"
    if "dtype" in entry.engine or entry.deterministic:
        return said
    factor = hf_dtypes.speedup(width, device)
    if factor < hf_dtypes.ENOUGH:
        return said
    return f"{said}; in bfloat16 this machine multiplies {factor:.1f} times as fast (dtype: native)"


def _explained(entry: ModelEntry, work: Callable[[ModelEntry, Source], Result]) -> Result:
    """Do what reads the model's files. Every failure becomes a BackendError."""
    try:
        import torch  # noqa: F401
        import transformers
    except ImportError as error:
        raise BackendError(
            f"{entry.name}: hf_ models need torch and transformers "
            f"({local.brief(error)}); install them with: {paths.install('hf')}"
        ) from error
    transformers.utils.logging.disable_progress_bar()
    try:
        hf_sources.require(entry)
        with hf_sources.source_of(entry) as source:
            return work(entry, source)
    except BackendError:
        raise
    except Exception as error:
        # A broken folder raises errors of many kinds.
        raise BackendError(_load_failure(entry, error)) from error


def _config(entry: ModelEntry, source: Source) -> Any:
    from transformers import AutoConfig

    return AutoConfig.from_pretrained(source.place, **_where(entry), **source.file)


def _where(entry: ModelEntry) -> dict[str, Any]:
    return {
        "revision": entry.revision or "main",
        "trust_remote_code": entry.trust_remote_code,
    }


def _width(entry: ModelEntry, source: Source) -> int:
    """Return how many numbers each layer of the model passes on for a token."""
    return int(_config(entry, source).get_text_config(decoder=True).hidden_size)


def _load(entry: ModelEntry, source: Source, gpu: int) -> LoadedModel:
    import torch
    from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM

    if entry.deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read when CUDA starts
        torch.use_deterministic_algorithms(True)
    config = _config(entry, source)
    tokenizer = local.load_tokenizer(entry, source.place, **source.file)
    encoder = bool(config.is_encoder_decoder)
    device = hf_dtypes.device(entry, gpu)
    if device != "cpu":
        # Libraries that place weights or start kernels themselves use the thread's current GPU.
        torch.cuda.set_device(device)
    dtype = hf_dtypes.choose(entry, config.get_text_config(decoder=True).hidden_size, device)
    log.info("%s: computes in %s on %s", entry.name, dtype, device)
    kind = AutoModelForSeq2SeqLM if encoder else AutoModelForCausalLM
    network, report = kind.from_pretrained(
        source.place,
        config=config,
        dtype=dtype,
        output_loading_info=True,
        use_safetensors=True,
        **_where(entry),
        **source.file,
        **hf_sources.loading_arguments(entry, dtype),
    )
    _refuse_gaps(entry, report)
    if not hf_sources.places_itself(entry):
        network = network.to(device)
    network = hf_sources.adapted(entry, network).eval()
    # The number of threads changes the order of summation.
    torch.set_num_threads(1 if entry.deterministic else _threads(network.num_parameters()))
    stated = network.generation_config
    prompts = Prompts(
        entry.name,
        tokenizer,
        limit=_positions(config),
        encoder=encoder,
        stated_ends=local.listed(stated.eos_token_id),
        stop_strings=local.listed(stated.stop_strings),
    )
    pad = tokenizer.pad_token_id
    plain = not encoder and _plain(network)
    if plain:
        share_keys(network)
    return LoadedModel(
        network=network,
        prompts=prompts,
        defaults=_take_defaults(entry.name, network),
        encoder=encoder,
        breaks=None if prompts.chat else TokensWith(tokenizer, "\n"),
        closers=TokensWith(tokenizer, *answer_ends.CLOSES) if _stops(entry) else None,
        pad=pad if pad is not None else min(prompts.ends, default=0),
        served=_served(entry, config),
        plain=plain,
    )


def _stops(entry: ModelEntry) -> bool:
    return bool(entry.engine.get(STOP_AFTER_ANSWER, False))


def _plain(network: Any) -> bool:
    """Return whether rows may join and leave its batches between two tokens.

    It needs positions and masks as arguments, and a cache that keeps the keys and values of all
    tokens: no sliding windows, and no states of recurrent layers.
    """
    from transformers import DynamicCache
    from transformers.cache_utils import DynamicLayer

    takes = inspect.signature(network.forward).parameters
    layers = DynamicCache(config=network.config).layers
    return (
        {"position_ids", "logits_to_keep", "past_key_values"} <= takes.keys()
        and network.config._attn_implementation in ("eager", "sdpa")
        and bool(layers)
        and all(type(layer) is DynamicLayer for layer in layers)
    )


def _positions(config: Any) -> int | None:
    """Return the number of positions; None for models with relative positions, such as T5."""
    return getattr(config.get_text_config(), "max_position_embeddings", None)


def _refuse_gaps(entry: ModelEntry, report: dict[str, Any]) -> None:
    """Raise BackendError if weights are missing, which transformers would fill at random."""
    gaps = sorted([*report["missing_keys"], *(str(key) for key in report["mismatched_keys"])])
    if gaps:
        raise BackendError(
            f"{entry.name}: {_place(entry)!r} lacks {len(gaps)} of the model's weights, "
            f"such as {gaps[0]}; download or save the model again."
        )


def _take_defaults(name: str, network: Any) -> Defaults:
    """Read the model's sampling defaults and clear its generation_config.

    ``generate`` would apply what is left there to every row of a batch: it would ban tokens that a
    constrained reply needs, or fail because an argument is missing. Only the tokens that mark the
    ends of a text are kept. What is not applied is logged.
    """
    from transformers import GenerationConfig

    config = network.generation_config
    warm = 1.0 if config.temperature is None else float(config.temperature)
    defaults = Defaults(
        temperature=warm if config.do_sample else 0.0,
        top_p=config.top_p,
        top_k=config.top_k,
        min_p=config.min_p,
        repetition_penalty=config.repetition_penalty,
    )
    plain = GenerationConfig()
    stated = {
        key: value
        for key, value in vars(config).items()
        if not key.startswith("_") and value is not None and value != getattr(plain, key, None)
    }
    if dropped := sorted(stated.keys() - APPLIED - UNUSED):
        log.warning(
            "%s: its generation_config.json sets %s, which hf_ models do not apply.",
            name,
            ", ".join(dropped),
        )
    network.generation_config = GenerationConfig(**{k: stated.get(k) for k in KEPT})
    return defaults


def _served(entry: ModelEntry, config: Any) -> str:
    """Return the name of the served model: its folder, or its hub id with the commit loaded."""
    if entry.model_path is not None:
        return Path(entry.model_path).name
    name = entry.name.removeprefix(f"{PREFIX}_")
    commit = getattr(config, "_commit_hash", None)
    return f"{name}@{commit}" if commit else name


def _threads(parameters: int) -> int:
    """Return the number of CPU threads.

    A small model uses one, because more would slow it down. Other models use the threads of the
    job (``OMP_NUM_THREADS``, which Snakemake sets), up to the cores available to this process:
    threads that share a core wait for each other and are many times slower.
    """
    if parameters < SMALL:
        return 1
    affinity = getattr(os, "sched_getaffinity", None)  # not on macOS
    cores = len(affinity(0)) if affinity is not None else os.cpu_count() or 1
    given = os.environ.get("OMP_NUM_THREADS", "")
    return min(int(given), cores) if given.isdecimal() and int(given) > 0 else cores


def _place(entry: ModelEntry) -> str:
    """Return the folder, the file or the hub id of an entry's model."""
    return entry.model_path or entry.name.removeprefix(f"{PREFIX}_")


def _load_failure(entry: ModelEntry, error: Exception) -> str:
    source = _place(entry)
    if local.is_pickled(Path(source)):
        return local.pickled(entry.name, source)
    if out_of_memory(error):
        return (
            f"{entry.name}: out of memory while loading {source!r}; use a smaller model, "
            "a machine with more memory, or engine: {dtype: bfloat16}."
        )
    wanted = hub_model(entry)
    if wanted is not None and isinstance(error, OSError):
        return (
            f"{entry.name}: {source!r} is not in the Hugging Face cache, and the download from "
            f"the hub failed ({local.brief(error)}). {hub.remedy()}"
        )
    return f"{entry.name}: cannot load {source!r} ({local.brief(error)})."


def out_of_memory(error: Exception) -> bool:
    """Return whether memory ran out, which torch reports on a CPU only in the error's text."""
    import torch

    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and "allocate memory" in str(error)

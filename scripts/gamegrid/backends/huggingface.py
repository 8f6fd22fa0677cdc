"""``hf_`` models: Hugging Face transformers in this process, on CPU or GPU, many episodes a batch.

Requests of all running episodes gather while the model is busy and are answered as one batch
as soon as it is free. Sampling is per request: what shares a batch changes no reply (exactly so
in float32; in lower precision and on a GPU up to the rounding of the arithmetic).
"""

import asyncio
import inspect
import os
import random
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gamegrid import paths
from gamegrid.backends import hub, local
from gamegrid.backends.base import (
    Backend,
    BackendError,
    BackendKind,
    Capabilities,
    Completion,
    Decode,
    FinishReason,
    ModelEntry,
    Request,
    Sampling,
    Usage,
)
from gamegrid.backends.hub import HubModel
from gamegrid.backends.local import Prompt, Prompts

if TYPE_CHECKING:
    from torch import Tensor

PREFIX = "hf"
MAX_BATCH = 64
GATHER_S = 0.002
"""One round of waiting for further requests, in seconds: answered episodes need a moment to ask
again, and a batch that starts without them keeps them waiting for all of its tokens."""

MAX_SCORED = 64
"""Choices scored at once, of as many requests as they are."""

SMALL = 30_000_000
"""Parameters below which one CPU thread is used."""
CLOSED = "{}: closed before it could answer."
DTYPES = ("auto", "bfloat16", "float16", "float32")


def check(entry: ModelEntry) -> str | None:
    """Return one sentence on a mistake in the entry, or None; loads nothing."""
    if entry.api_base is not None:
        return f"{entry.name}: api_base is not for hf_ models, which run inside the job."
    if entry.name.removeprefix(f"{PREFIX}_") == "" and entry.model_path is None:
        return f"{entry.name}: names no model; write hf_<hub id> or give a model_path."
    for key in entry.engine:
        if key != "dtype":
            return local.unknown_key(entry.name, key, ("dtype",)) + " hf_ models know only dtype."
    if entry.engine.get("dtype", "auto") not in DTYPES:
        return (
            f"{entry.name}: engine dtype is {entry.engine['dtype']!r}; "
            f"allowed are {', '.join(DTYPES)}."
        )
    if entry.model_path is not None:
        problem = local.check_folder(entry.name, "model_path", Path(entry.model_path))
        if problem is not None:
            return problem
    wanted = _hub_model(entry)
    if wanted is not None and hub.offline() and not hub.is_cached(wanted):
        return (
            f"{entry.name}: {wanted.repo!r} is not in the Hugging Face cache, and HF_HUB_OFFLINE "
            f"forbids to fetch it. {hub.remedy(wanted)}"
        )
    return local.check_tokenizer(entry)


def _repository(entry: ModelEntry) -> str | None:
    return entry.name.removeprefix(f"{PREFIX}_") if entry.model_path is None else None


def _hub_model(entry: ModelEntry) -> HubModel | None:
    repo = _repository(entry)
    return HubModel(entry.name, repo, entry.revision or "main") if repo else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """The model's own generation settings, for what a request leaves out; None: not stated."""

    temperature: float
    """0 means greedy."""
    top_p: float | None
    top_k: int | None
    min_p: float | None
    repetition_penalty: float | None


@dataclass(frozen=True, slots=True)
class Model:
    """A loaded model with all that is needed to drive it."""

    network: Any
    prompts: Prompts
    defaults: Defaults
    encoder: bool
    """Sequence-to-sequence: the prompt is read by an encoder."""
    ends: frozenset[int]
    breaks: "LineBreaks | None"
    """None where a line break does not end a reply."""
    pad: int
    served: str


@dataclass(frozen=True, slots=True)
class Job:
    """One waiting request and where its answer goes."""

    request: Request
    future: "asyncio.Future[Completion]"
    asked: float
    """time.monotonic() at the request."""


class HuggingFace:
    """One transformers model; see the module.

    ``max_in_flight`` below 64 makes smaller batches. A deterministic model answers one request at a
    time, in one thread.
    """

    def __init__(self, entry: ModelEntry) -> None:
        self._entry = entry
        most = 1 if entry.deterministic else MAX_BATCH
        self._max_batch = min(most, entry.max_in_flight or most)
        # One thread loads and generates, so the event loop is free and no two batches overlap.
        self._worker = ThreadPoolExecutor(1, thread_name_prefix=entry.name)
        self._stop = threading.Event()
        self._waiting: list[Job] = []
        self._arrived = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Load tokenizer and weights in the worker thread. Raises BackendError."""
        problem = check(self._entry)
        if problem is not None:
            raise BackendError(problem)
        loop = asyncio.get_running_loop()
        model = await loop.run_in_executor(self._worker, load, self._entry)
        if self._stop.is_set():
            raise BackendError(CLOSED.format(self._entry.name))
        self._pump = asyncio.create_task(self._answer_batches(model))

    async def complete(self, request: Request) -> Completion:
        """Answer one request; latency counts from here, waiting for a batch included."""
        local.refuse_unsupported(self._entry.name, request.sampling)
        if self._pump is None or self._stop.is_set():
            raise BackendError(f"{self._entry.name}: the model is not open.")
        future: asyncio.Future[Completion] = asyncio.get_running_loop().create_future()
        self._waiting.append(Job(request, future, time.monotonic()))
        self._arrived.set()
        return await future

    async def close(self) -> None:
        """Break off the running batch, fail what waits, end the thread, free the weights."""
        self._stop.set()
        if self._pump is not None:
            self._arrived.set()
            await asyncio.wait([self._pump])
        self._pump = None
        await asyncio.to_thread(self._worker.shutdown)
        local.free_memory()

    async def _answer_batches(self, model: Model) -> None:
        """Take what waits, batch after batch, until closed."""
        loop = asyncio.get_running_loop()
        while True:
            await self._arrived.wait()
            if self._stop.is_set():
                break
            await self._gather()
            batch = self._take()
            answers = await loop.run_in_executor(
                self._worker, answer, model, [job.request for job in batch], self._stop
            )
            self._deliver(batch, answers)
        self._fail_waiting()

    async def _gather(self) -> None:
        """Wait until a round brings no further request, or a batch is full."""
        seen = 0
        while seen < len(self._waiting) < self._max_batch:
            seen = len(self._waiting)
            await asyncio.sleep(GATHER_S)

    def _take(self) -> list[Job]:
        waiting = [job for job in self._waiting if not job.future.done()]  # some were cancelled
        batch, self._waiting = waiting[: self._max_batch], waiting[self._max_batch :]
        if not self._waiting:
            self._arrived.clear()
        return batch

    def _deliver(self, batch: Sequence[Job], answers: Sequence[Completion | BackendError]) -> None:
        now = time.monotonic()
        for job, result in zip(batch, answers, strict=True):
            if job.future.done():
                continue
            if isinstance(result, BackendError):
                job.future.set_exception(result)
            else:
                job.future.set_result(replace(result, latency_s=now - job.asked))

    def _fail_waiting(self) -> None:
        for job in self._waiting:
            if not job.future.done():
                job.future.set_exception(BackendError(CLOSED.format(self._entry.name)))
        self._waiting = []


def load(entry: ModelEntry) -> Model:
    """Load the entry's model, ready to generate. Raises BackendError with cause and remedy."""
    try:
        import torch  # noqa: F401
        import transformers
    except ImportError as error:
        raise BackendError(
            f"{entry.name}: hf_ models need torch and transformers "
            f"({local.brief(error)}); install them with: {paths.install('hf')}"
        ) from error
    transformers.utils.logging.disable_progress_bar()
    source = entry.model_path or entry.name.removeprefix(f"{PREFIX}_")
    try:
        return _load(entry, source)
    except BackendError:
        raise
    except Exception as error:
        # A folder can be broken in as many ways as there are files in it.
        raise BackendError(_load_failure(entry, source, error)) from error


def answer(
    model: Model, requests: Sequence[Request], stop: threading.Event
) -> list[Completion | BackendError]:
    """Answer a batch; runs in the worker thread. A request that cannot be asked fails alone."""
    try:
        return _answer(model, requests, stop)
    except Exception as error:
        # Whatever broke, it broke these requests only: the next batch may well be smaller.
        sentence = _run_failure(model.prompts.name, len(requests), error)
    local.free_memory()
    return [BackendError(sentence) for _ in requests]


def _answer(
    model: Model, requests: Sequence[Request], stop: threading.Event
) -> list[Completion | BackendError]:
    answers: dict[int, Completion | BackendError] = {}
    rows: dict[int, Row] = {}
    scored: dict[int, Prompt] = {}
    for index, request in enumerate(requests):
        try:
            prompt = model.prompts.prepare(request)
        except BackendError as error:
            answers[index] = error
            continue
        if isinstance(prompt, Completion):
            answers[index] = replace(prompt, model_served=model.served)
        elif request.decode is Decode.SCORE:
            scored[index] = prompt
        else:
            rows[index] = Row.of(prompt, request.sampling, model.defaults)
    if rows:
        answers.update(zip(rows, _generate(model, list(rows.values()), stop), strict=True))
    if scored:
        answers.update(zip(scored, _score(model, list(scored.values()), stop), strict=True))
    return [answers[index] for index in range(len(requests))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a batch: its prompt and how its tokens are drawn."""

    prompt: Prompt
    temperature: float
    top_p: float
    top_k: int | None
    min_p: float | None
    repetition_penalty: float | None
    draws: random.Random
    """The row's own stream of luck, of which every new token takes one number."""

    @classmethod
    def of(cls, prompt: Prompt, sampling: Sampling, defaults: Defaults) -> "Row":
        """Fill in the model's own settings where the request has none."""
        temperature, top_p = sampling.temperature, sampling.top_p
        return cls(
            prompt=prompt,
            temperature=defaults.temperature if temperature is None else temperature,
            top_p=(defaults.top_p or 1.0) if top_p is None else top_p,
            top_k=defaults.top_k,
            min_p=defaults.min_p,
            repetition_penalty=defaults.repetition_penalty,
            draws=random.Random(sampling.seed),
        )


Trie = dict[int, "Trie"]
"""Token to what may follow it; empty after an end token."""


def trie(paths: Iterable[Sequence[int]]) -> Trie:
    """Return the tree of token sequences."""
    root: Trie = {}
    for path in paths:
        node = root
        for token in path:
            node = node.setdefault(token, {})
    return root


class Held:
    """A logits processor that holds rows with choices to the tokens of one of them."""

    def __init__(self, rows: Sequence[Row], start: int) -> None:
        self._start = start
        self._tries = {
            index: trie(choice.ids for choice in row.prompt.choices)
            for index, row in enumerate(rows)
            if row.prompt.choices
        }

    def __call__(self, ids: "Tensor", scores: "Tensor") -> "Tensor":
        """Return the scores (rows × vocabulary), minus infinity where no choice goes on."""
        if not self._tries:
            return scores
        scores = scores.clone()
        for index, node in self._tries.items():
            for token in ids[index, self._start :].tolist():
                node = node.get(token, {})
            if node:  # a row at its end is padded with whatever
                allowed = list(node)
                kept = scores[index, allowed]
                scores[index] = -float("inf")
                scores[index, allowed] = kept
        return scores


class Sampler:
    """A logits processor that draws each row's next token by the row's own settings and seed.

    ``generate`` knows one temperature and one global seed per batch, so a reply would hang on
    what shares its batch. Here a row takes one number in [0, 1) per token and looks it up in its
    cumulative distribution: for a vocabulary of 50 000 that is far cheaper than a random number
    per token of the vocabulary, and the same on any device. The token drawn is left as the only
    possible one; rows at temperature 0 are left to ``generate``, which is greedy.
    """

    def __init__(self, rows: Sequence[Row], pads: Sequence[int], *, encoder: bool) -> None:
        self._rows = rows
        self._pads = pads
        self._encoder = encoder
        self._drawn = [index for index, row in enumerate(rows) if row.temperature > 0]
        self._filtered = any(
            rows[i].top_p < 1 or rows[i].top_k or rows[i].min_p for i in self._drawn
        )

    def __call__(self, ids: "Tensor", scores: "Tensor") -> "Tensor":
        """Return the scores (rows × vocabulary) with sampled rows reduced to their token."""
        scores = self._penalised(ids, scores)
        if not self._drawn:
            return scores
        drawn = [self._rows[i] for i in self._drawn]
        # Double precision: the sum over a large vocabulary must not lose its small terms.
        logits = _summable(scores[self._drawn]).double()
        temperature = _column(logits, [row.temperature for row in drawn])
        probabilities = (logits / temperature).softmax(-1)
        if self._filtered:
            probabilities = _filtered(probabilities, drawn)
        cumulative = probabilities.cumsum(-1)
        luck = _column(logits, [row.draws.random() for row in drawn]) * cumulative[:, -1:]
        token = (cumulative <= luck).sum(-1, keepdim=True).clamp_max(scores.shape[-1] - 1)
        chosen = scores.new_full((len(drawn), scores.shape[-1]), -float("inf"))
        scores = scores.clone()
        scores[self._drawn] = chosen.scatter(-1, token.to(scores.device), 0.0)
        return scores

    def _penalised(self, ids: "Tensor", scores: "Tensor") -> "Tensor":
        """Make tokens a row has seen less likely, if the model asks for it; padding is not seen."""
        for index, row in enumerate(self._rows):
            penalty = row.repetition_penalty
            if penalty is None or penalty == 1:
                continue
            seen = ids[index] if self._encoder else ids[index, self._pads[index] :]
            old = scores[index, seen]
            scores[index, seen] = (old / penalty).where(old > 0, old * penalty)
        return scores


def _summable(scores: "Tensor") -> "Tensor":
    """Return scores where running sums are the same in every run: not on a GPU."""
    import torch

    return scores.cpu() if torch.are_deterministic_algorithms_enabled() else scores


def _column(like: "Tensor", values: Sequence[float]) -> "Tensor":
    import torch

    return torch.tensor(values, dtype=torch.float64, device=like.device).unsqueeze(-1)


def _filtered(probabilities: "Tensor", rows: Sequence[Row]) -> "Tensor":
    """Set to 0 what top_k, top_p and min_p exclude; the most likely token always stays."""
    ordered, order = probabilities.sort(dim=-1, descending=True, stable=True)
    rank = (ordered >= 0).cumsum(-1) - 1
    ordered = ordered * (rank < _column(ordered, [row.top_k or rank.shape[-1] for row in rows]))
    # As in the library itself and in vLLM, top_p is a share of what top_k has left.
    ordered = ordered / ordered.sum(-1, keepdim=True)
    before = ordered.cumsum(-1) - ordered
    keep = before < _column(ordered, [row.top_p for row in rows])
    keep &= ordered >= ordered[:, :1] * _column(ordered, [row.min_p or 0.0 for row in rows])
    keep |= rank == 0
    return probabilities.new_zeros(probabilities.shape).scatter(-1, order, ordered * keep)


class RowEnds:
    """A stopping criterion per row: its own max_tokens, a line break where that ends a reply.

    Also ends all rows at once when the backend is closed.
    """

    def __init__(self, model: Model, rows: Sequence[Row], start: int, stop: threading.Event):
        self._limits = [row.prompt.max_tokens for row in rows]
        self._start = start
        self._breaks = model.breaks
        self._stop = stop

    def __call__(self, ids: "Tensor", scores: Any, **_: Any) -> "Tensor":
        """Return for each row whether it ends with its newest token."""
        length = ids.shape[1] - self._start
        done = [self._stop.is_set() or length >= limit for limit in self._limits]
        if self._breaks is not None:
            newest = ids[:, -1].tolist()
            done = [end or t in self._breaks for end, t in zip(done, newest, strict=True)]
        return ids.new_tensor(done).bool()


class LineBreaks:
    """The tokens whose text has a line break, found one by one as they turn up."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._known: dict[int, bool] = {}

    def __contains__(self, token: int) -> bool:
        if token not in self._known:
            self._known[token] = "\n" in self._tokenizer.decode([token])
        return self._known[token]


def _generate(
    model: Model, rows: Sequence[Row], stop: threading.Event
) -> Sequence[Completion | BackendError]:
    new = _new_tokens(model, rows, stop)
    if stop.is_set():
        return [BackendError(CLOSED.format(model.prompts.name)) for _ in rows]
    return [_completion(model, row, ids) for row, ids in zip(rows, new, strict=True)]


def _new_tokens(model: Model, rows: Sequence[Row], stop: threading.Event) -> list[list[int]]:
    """Generate for all rows at once; a row's list may run on after its end."""
    from transformers import LogitsProcessorList, StoppingCriteriaList

    ids, mask, pads = _padded(model, [row.prompt for row in rows])
    start = 1 if model.encoder else ids.shape[1]  # an encoder's output begins with a start token
    output = model.network.generate(
        input_ids=ids,
        attention_mask=mask,
        max_new_tokens=max(row.prompt.max_tokens for row in rows),
        do_sample=False,
        num_beams=1,
        pad_token_id=model.pad,
        eos_token_id=sorted(model.ends) or None,
        logits_processor=LogitsProcessorList(
            [Held(rows, start), Sampler(rows, pads, encoder=model.encoder)]
        ),
        stopping_criteria=StoppingCriteriaList([RowEnds(model, rows, start, stop)]),
    )
    tokens: list[list[int]] = output[:, start:].tolist()
    return tokens


def _padded(model: Model, prompts: Sequence[Prompt]) -> tuple["Tensor", "Tensor", list[int]]:
    """Return ids and attention mask of the prompts, and how many pads stand before each.

    A decoder must be padded on the left, whatever the folder says: padded on the right it goes
    on after the padding and answers nonsense without an error. An encoder reads either side;
    the right is what it was trained with.
    """
    import torch

    width = max(len(prompt.ids) for prompt in prompts)
    pads = [width - len(prompt.ids) for prompt in prompts]
    ids, mask = [], []
    for prompt, pad in zip(prompts, pads, strict=True):
        real, fill, zeros = prompt.ids, [model.pad] * pad, [0] * pad
        ids.append(real + fill if model.encoder else fill + real)
        ones = [1] * len(real)
        mask.append(ones + zeros if model.encoder else zeros + ones)
    device = model.network.device
    return torch.tensor(ids, device=device), torch.tensor(mask, device=device), pads


def _completion(model: Model, row: Row, ids: list[int]) -> Completion:
    """Cut a row at its end and say why it ended."""
    ids, reason = _cut(model, row, ids)
    text = model.prompts.decode(ids)
    said = next((f"{local.CUE} {c.label}" for c in row.prompt.choices if c.ids == tuple(ids)), None)
    return Completion(
        text=model.prompts.reply(row.prompt, text) if said is None else said,
        finish_reason=reason,
        model_served=model.served,
        usage=Usage(prompt_tokens=len(row.prompt.ids), completion_tokens=len(ids)),
        raw={"text": text, "token_ids": ids},
    )


def _cut(model: Model, row: Row, ids: list[int]) -> tuple[list[int], FinishReason]:
    for index, token in enumerate(ids[: row.prompt.max_tokens]):
        if token in model.ends or (model.breaks is not None and token in model.breaks):
            return ids[: index + 1], FinishReason.STOP
    return ids[: row.prompt.max_tokens], FinishReason.LENGTH


def _score(
    model: Model, prompts: Sequence[Prompt], stop: threading.Event
) -> list[Completion | BackendError]:
    """Read off the likelihoods of every prompt's choices; see ``Completion.likelihoods``."""
    import torch

    answers: list[Completion | BackendError] = []
    for some in _portions(prompts):
        if stop.is_set():
            return [BackendError(CLOSED.format(model.prompts.name)) for _ in prompts]
        owners = [index for index, prompt in enumerate(some) for _ in prompt.choices]
        texts = [choice.ids for prompt in some for choice in prompt.choices]
        with torch.inference_mode():
            values = iter(_log_likelihoods(model, some, owners, texts))
        answers += [
            model.prompts.scored(
                prompt, {choice.label: next(values) for choice in prompt.choices}, model.served
            )
            for prompt in some
        ]
    return answers


def _portions(prompts: Sequence[Prompt]) -> Iterator[list[Prompt]]:
    """Take prompts apart so that no portion has many choices, or it is one prompt."""
    portion: list[Prompt] = []
    for prompt in prompts:
        count = sum(len(other.choices) for other in portion)
        if portion and count + len(prompt.choices) > MAX_SCORED:
            yield portion
            portion = []
        portion.append(prompt)
    yield portion


def _log_likelihoods(
    model: Model, prompts: Sequence[Prompt], owners: Sequence[int], texts: Sequence[Sequence[int]]
) -> list[float]:
    """Return the log-likelihood of each text after the prompt at its place in ``owners``."""
    import torch

    device = model.network.device
    width = max(map(len, texts))
    tokens = torch.tensor([[*t, *[model.pad] * (width - len(t))] for t in texts], device=device)
    real = torch.tensor([[1] * len(t) + [0] * (width - len(t)) for t in texts], device=device)
    owner = torch.tensor(owners, device=device)
    logits = (_after_encoder if model.encoder else _after_prompt)(
        model, prompts, owner, tokens, real
    )
    found = logits.float().log_softmax(-1).gather(-1, tokens.unsqueeze(-1)).squeeze(-1)
    values: list[float] = (found.double() * real).sum(-1).tolist()
    return values


def _after_prompt(
    model: Model, prompts: Sequence[Prompt], owner: "Tensor", tokens: "Tensor", real: "Tensor"
) -> "Tensor":
    """Return the logits of each token of the texts; a prompt is read once for all of its texts."""
    import torch

    ids, mask, _ = _padded(model, prompts)
    known = inspect.signature(model.network.forward).parameters
    last = {"logits_to_keep": 1} if "logits_to_keep" in known else {}

    def places(whole: "Tensor", count: int) -> dict[str, "Tensor"]:
        """Positions that do not count padding, for models that take them."""
        if "position_ids" not in known:
            return {}
        return {"position_ids": (whole.cumsum(-1) - 1).clamp_min(0)[:, -count:]}

    read = model.network(
        input_ids=ids, attention_mask=mask, use_cache=True, **last, **places(mask, ids.shape[1])
    )
    cache = read.past_key_values
    cache.batch_select_indices(owner)
    whole = torch.cat([mask[owner], real], dim=1)
    going_on = model.network(
        input_ids=tokens,
        attention_mask=whole,
        past_key_values=cache,
        **places(whole, tokens.shape[1]),
    )
    return torch.cat([read.logits[owner, -1:], going_on.logits[:, :-1]], dim=1)


def _after_encoder(
    model: Model, prompts: Sequence[Prompt], owner: "Tensor", tokens: "Tensor", real: "Tensor"
) -> "Tensor":
    """The same for a sequence-to-sequence model."""
    ids, mask, _ = _padded(model, prompts)
    read = model.network.get_encoder()(input_ids=ids, attention_mask=mask)
    output: Tensor = model.network(
        encoder_outputs=(read.last_hidden_state[owner],), attention_mask=mask[owner], labels=tokens
    ).logits
    return output


def _load(entry: ModelEntry, source: str) -> Model:
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM

    if entry.deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read when CUDA starts
        torch.use_deterministic_algorithms(True)
    where = {
        "revision": entry.revision or "main",
        "trust_remote_code": entry.trust_remote_code,
    }
    config = AutoConfig.from_pretrained(source, **where)
    tokenizer = local.load_tokenizer(entry, source)
    encoder = bool(config.is_encoder_decoder)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    full = device == "cpu" or entry.deterministic
    dtype = entry.engine.get("dtype", "float32" if full else "auto")
    kind = AutoModelForSeq2SeqLM if encoder else AutoModelForCausalLM
    network, report = kind.from_pretrained(
        source, config=config, dtype=dtype, output_loading_info=True, **where
    )
    _refuse_gaps(entry, source, report)
    network = network.to(device).eval()
    # Another number of threads adds up in another order.
    torch.set_num_threads(1 if entry.deterministic else _threads(network.num_parameters()))
    prompts = Prompts(entry.name, tokenizer, limit=_positions(config), encoder=encoder)
    ends = _ends(network, tokenizer, prompts)
    pad = tokenizer.pad_token_id
    return Model(
        network=network,
        prompts=prompts,
        defaults=_take_defaults(network.generation_config),
        encoder=encoder,
        ends=ends,
        breaks=None if prompts.chat else LineBreaks(tokenizer),
        pad=pad if pad is not None else min(ends, default=0),
        served=_served(entry, config),
    )


def _positions(config: Any) -> int | None:
    """Return how many positions the model has; None for those with relative ones, as T5."""
    return getattr(config.get_text_config(), "max_position_embeddings", None)


def _refuse_gaps(entry: ModelEntry, source: str, report: dict[str, Any]) -> None:
    """Raise BackendError if weights are missing: transformers would put random numbers there."""
    gaps = sorted([*report["missing_keys"], *(str(key) for key in report["mismatched_keys"])])
    if gaps:
        raise BackendError(
            f"{entry.name}: {source!r} lacks {len(gaps)} of the model's weights, "
            f"{gaps[0]} among them; download or save the model again."
        )


def _ends(network: Any, tokenizer: Any, prompts: Prompts) -> frozenset[int]:
    """Return the tokens that end a reply: the model's, the tokenizer's and the template's own."""
    stated = network.generation_config.eos_token_id
    ends = [*stated] if isinstance(stated, list) else [stated]
    if prompts.chat:
        ends.append(prompts.end)
    return frozenset(token for token in [*ends, tokenizer.eos_token_id] if token is not None)


def _take_defaults(config: Any) -> Defaults:
    """Read the model's sampling defaults, and clear them so that ``generate`` adds none itself."""
    warm = 1.0 if config.temperature is None else float(config.temperature)
    defaults = Defaults(
        temperature=warm if config.do_sample else 0.0,
        top_p=config.top_p,
        top_k=config.top_k,
        min_p=config.min_p,
        repetition_penalty=config.repetition_penalty,
    )
    for key in ("temperature", "top_p", "top_k", "min_p", "repetition_penalty", "max_length"):
        setattr(config, key, None)
    return defaults


def _served(entry: ModelEntry, config: Any) -> str:
    """Name what answers: the folder, or the hub id with the commit that was loaded."""
    if entry.model_path is not None:
        return Path(entry.model_path).name
    name = entry.name.removeprefix(f"{PREFIX}_")
    commit = getattr(config, "_commit_hash", None)
    return f"{name}@{commit}" if commit else name


def _threads(parameters: int) -> int:
    """Return how many CPU threads to compute with.

    One for a small model, which more threads only slow down; else what the job was given
    (``OMP_NUM_THREADS``, as Snakemake sets it), at most the cores this process may run on:
    threads that have to share a core wait for each other and are many times slower.
    """
    if parameters < SMALL:
        return 1
    affinity = getattr(os, "sched_getaffinity", None)  # not on macOS
    cores = len(affinity(0)) if affinity is not None else os.cpu_count() or 1
    given = os.environ.get("OMP_NUM_THREADS", "")
    return min(int(given), cores) if given.isdecimal() and int(given) > 0 else cores


def _load_failure(entry: ModelEntry, source: str, error: Exception) -> str:
    if _out_of_memory(error):
        return (
            f"{entry.name}: out of memory while loading {source!r}; use a smaller model, "
            "a machine with more memory, or engine: {dtype: bfloat16}."
        )
    wanted = _hub_model(entry)
    if wanted is not None and isinstance(error, OSError):
        return (
            f"{entry.name}: {source!r} is not in the Hugging Face cache and could not be "
            f"fetched from the hub ({local.brief(error)}). {hub.remedy(wanted)}"
        )
    return f"{entry.name}: {source!r} could not be loaded ({local.brief(error)})."


def _run_failure(name: str, count: int, error: Exception) -> str:
    if _out_of_memory(error):
        return (
            f"{name}: out of memory while answering {count} requests at once; "
            "give the model a max_in_flight below that, or lower max_tokens."
        )
    return f"{name}: generation failed ({local.brief(error)})."


def _out_of_memory(error: Exception) -> bool:
    """Whether memory ran out; on a CPU torch says so in words only."""
    import torch

    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and "allocate memory" in str(error)


def _create(entry: ModelEntry, working: Path) -> Backend:
    return HuggingFace(entry)


BACKEND = BackendKind(
    prefix=PREFIX,
    capabilities=Capabilities(
        local=True,
        chunk_deals=None,
        in_flight=MAX_BATCH,
        environment="hf",
        decodes=frozenset(Decode),
        deterministic=True,
        refused=local.REFUSED,
    ),
    check=check,
    create=_create,
    hub=_repository,
)

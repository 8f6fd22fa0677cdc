"""Prepares requests, answers whole batches, and makes completions of what was generated."""

import inspect
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from gamegrid.backends import hf_scoring, local
from gamegrid.backends.backend import BackendError, Completion, Decode, FinishReason, Request, Usage
from gamegrid.backends.hf_loading import CLOSED, LoadedModel, out_of_memory
from gamegrid.backends.hf_prefixes import Prefixes
from gamegrid.backends.hf_sampling import BatchRow, Held, RowEnds, Sampler, is_answered
from gamegrid.backends.hf_scoring import Scores
from gamegrid.backends.local import Prompt

if TYPE_CHECKING:
    from torch import Tensor

MAX_SCORED = 64
"""The most choices scored at once, over several requests."""


def prepare(model: LoadedModel, request: Request) -> BatchRow | Prompt | Completion | BackendError:
    """Return a row to generate, a prompt whose choices to score, or the answer if there is none."""
    try:
        prompt = model.prompts.prepare(request)
    except BackendError as error:
        return error
    if isinstance(prompt, Completion):
        return replace(prompt, model_served=model.served)
    if request.decode is Decode.SCORE:
        return prompt
    return BatchRow.of(prompt, request.sampling, model.defaults)


def generate(
    model: LoadedModel, rows: Sequence[BatchRow], stop: threading.Event
) -> Sequence[Completion | BackendError]:
    """Answer a batch of rows as a whole, with a model whose cache ``Running`` cannot use."""
    new = _new_tokens(model, rows, stop)
    if stop.is_set():
        return [BackendError(CLOSED.format(model.prompts.name)) for _ in rows]
    return [completion(model, row, ids, reused=0) for row, ids in zip(rows, new, strict=True)]


def _new_tokens(
    model: LoadedModel, rows: Sequence[BatchRow], stop: threading.Event
) -> list[list[int]]:
    """Generate for all rows at once. A row's list may continue after its end."""
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
        eos_token_id=sorted(model.prompts.ends) or None,
        logits_processor=LogitsProcessorList(
            [Held(rows, start), Sampler(rows, pads, encoder=model.encoder)]
        ),
        stopping_criteria=StoppingCriteriaList([RowEnds(model, rows, start, stop)]),
    )
    tokens: list[list[int]] = output[:, start:].tolist()
    return tokens


def _padded(model: LoadedModel, prompts: Sequence[Prompt]) -> tuple["Tensor", "Tensor", list[int]]:
    """Return ids and attention mask of the prompts, and the number of pads before each.

    A decoder must be padded on the left, whatever its settings say: with padding on the right it
    continues after the padding and generates nonsense without an error. An encoder was trained
    with padding on the right.
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


def completion(model: LoadedModel, row: BatchRow, ids: list[int], *, reused: int) -> Completion:
    """Cut a row at its end and set the reason why it ended.

    ``reused`` counts the tokens of its prompt that did not have to be read.
    """
    ids, reason = _cut(model, row, ids)
    text = model.prompts.decode(ids)
    said = next((f"{local.CUE} {c.label}" for c in row.prompt.choices if c.ids == tuple(ids)), None)
    return Completion(
        text=model.prompts.reply(row.prompt, text) if said is None else said,
        finish_reason=reason,
        model_served=model.served,
        usage=Usage(
            prompt_tokens=len(row.prompt.ids), completion_tokens=len(ids), cached_tokens=reused
        ),
        raw={"text": text, "token_ids": ids},
    )


def _cut(model: LoadedModel, row: BatchRow, ids: list[int]) -> tuple[list[int], FinishReason]:
    new = ids[: row.prompt.max_tokens]
    for index, token in enumerate(new):
        broken = model.breaks is not None and token in model.breaks
        ended = broken or token in model.prompts.ends_of(row.prompt)
        if ended or is_answered(model, row.prompt, ids[: index + 1]):
            return ids[: index + 1], FinishReason.STOP
    stopped = not row.prompt.choices and model.prompts.stops_at(new)
    return new, FinishReason.STOP if stopped else FinishReason.LENGTH


def score(
    model: LoadedModel, kept: Prefixes | None, prompts: Sequence[Prompt], stop: threading.Event
) -> list[Completion | BackendError]:
    """Compute the likelihoods of every prompt's choices; see ``Completion.likelihoods``."""
    if model.plain:
        found = hf_scoring.log_likelihoods(model, kept, prompts)
    else:
        found = [Scores(values, reused=0) for values in _values(model, prompts, stop)]
    if stop.is_set():
        return [BackendError(CLOSED.format(model.prompts.name)) for _ in prompts]
    return [
        model.prompts.scored(
            prompt,
            dict(zip([choice.label for choice in prompt.choices], each.values, strict=True)),
            model.served,
            each.reused,
        )
        for prompt, each in zip(prompts, found, strict=True)
    ]


def _values(
    model: LoadedModel, prompts: Sequence[Prompt], stop: threading.Event
) -> list[list[float]]:
    """Return the log-likelihoods of every prompt's choices, from a row for each choice."""
    import torch

    found: list[list[float]] = []
    for some in _portions(prompts):
        if stop.is_set():
            break
        owners = [index for index, prompt in enumerate(some) for _ in prompt.choices]
        texts = [choice.ids for prompt in some for choice in prompt.choices]
        with torch.inference_mode():
            values = iter(_log_likelihoods(model, some, owners, texts))
        found += [[next(values) for _ in prompt.choices] for prompt in some]
    return found


def _portions(prompts: Sequence[Prompt]) -> Iterator[list[Prompt]]:
    """Split prompts into portions of at most MAX_SCORED choices or of one prompt."""
    portion: list[Prompt] = []
    for prompt in prompts:
        count = sum(len(other.choices) for other in portion)
        if portion and count + len(prompt.choices) > MAX_SCORED:
            yield portion
            portion = []
        portion.append(prompt)
    yield portion


def _log_likelihoods(
    model: LoadedModel,
    prompts: Sequence[Prompt],
    owners: Sequence[int],
    texts: Sequence[Sequence[int]],
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
    scores = logits.float().log_softmax(-1).gather(-1, tokens.unsqueeze(-1)).squeeze(-1)
    values: list[float] = (scores.double() * real).sum(-1).tolist()
    return values


def _after_prompt(
    model: LoadedModel, prompts: Sequence[Prompt], owner: "Tensor", tokens: "Tensor", real: "Tensor"
) -> "Tensor":
    """Return the logits of each token of the texts. Each prompt is processed once."""
    import torch

    ids, mask, _ = _padded(model, prompts)
    known = inspect.signature(model.network.forward).parameters
    last = {"logits_to_keep": 1} if "logits_to_keep" in known else {}

    def places(whole: "Tensor", count: int) -> dict[str, "Tensor"]:
        """Return positions that skip padding, for models that accept them."""
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
    model: LoadedModel,
    prompts: Sequence[Prompt],
    owner: "Tensor",
    tokens: "Tensor",
    _real: "Tensor",
) -> "Tensor":
    """Return the logits of each token of the texts, for a sequence-to-sequence model."""
    ids, mask, _ = _padded(model, prompts)
    read = model.network.get_encoder()(input_ids=ids, attention_mask=mask)
    output: Tensor = model.network(
        encoder_outputs=(read.last_hidden_state[owner],), attention_mask=mask[owner], labels=tokens
    ).logits
    return output


def failure(name: str, count: int, error: Exception) -> str:
    """Return the sentence for an error while ``count`` requests were answered."""
    if out_of_memory(error):
        return (
            f"{name}: out of memory while answering {count} requests at once; "
            "set the model's max_connections below that, or lower max_tokens."
        )
    return f"{name}: generation failed ({local.brief(error)})."

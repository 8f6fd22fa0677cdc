"""Samples the tokens of a batch: each row has its own settings, random numbers and end."""

import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gamegrid.backends.backend import Sampling
from gamegrid.backends.choice_trees import trie
from gamegrid.backends.hf_loading import Defaults, LoadedModel
from gamegrid.backends.local import Prompt

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """One row of a batch: its prompt and its sampling settings."""

    prompt: Prompt
    temperature: float
    top_p: float
    top_k: int | None
    min_p: float | None
    repetition_penalty: float | None
    draws: random.Random
    """The row's stream of random numbers, of which every new token takes one."""

    @classmethod
    def of(cls, prompt: Prompt, sampling: Sampling, defaults: Defaults) -> "BatchRow":
        """Combine the request's settings with the model's defaults."""
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


class Held:
    """A logits processor that restricts each row that has choices to tokens that spell one."""

    def __init__(self, rows: Sequence[BatchRow], start: int) -> None:
        self._start = start
        self._tries = {
            index: trie(choice.ids for choice in row.prompt.choices)
            for index, row in enumerate(rows)
            if row.prompt.choices
        }

    def __call__(self, ids: "Tensor", scores: "Tensor") -> "Tensor":
        """Return the scores (rows × vocabulary), with minus infinity where no choice continues."""
        if not self._tries:
            return scores
        scores = scores.clone()
        for index, node in self._tries.items():
            for token in ids[index, self._start :].tolist():
                node = node.get(token, {})
            if node:  # after its end, a row may have any padding
                allowed = list(node)
                kept = scores[index, allowed]
                scores[index] = -float("inf")
                scores[index, allowed] = kept
        return scores


class Sampler:
    """A logits processor that samples each row's next token with the row's settings and seed.

    ``generate`` has one temperature and one global seed per batch, so a reply would depend on the
    rest of its batch. Here a row takes one number in [0, 1) per token and looks it up in its
    cumulative distribution. For a vocabulary of 50 000 this is much cheaper than one random number
    per vocabulary entry, and gives the same result on any device. The sampled token remains the
    only possible one. ``generate`` handles rows at temperature 0, because it is greedy.
    """

    def __init__(self, rows: Sequence[BatchRow], pads: Sequence[int], *, encoder: bool) -> None:
        self._rows = rows
        self._pads = pads
        self._encoder = encoder
        self._drawn = [index for index, row in enumerate(rows) if row.temperature > 0]

    def __call__(self, ids: "Tensor", scores: "Tensor") -> "Tensor":
        """Return the scores (rows × vocabulary), with sampled rows reduced to their token."""
        for index, row in enumerate(self._rows):
            seen = ids[index] if self._encoder else ids[index, self._pads[index] :]
            penalise(row, seen, scores[index])
        if not self._drawn:
            return scores
        token = drawn_tokens([self._rows[i] for i in self._drawn], scores[self._drawn])
        chosen = scores.new_full((len(self._drawn), scores.shape[-1]), -float("inf"))
        scores = scores.clone()
        scores[self._drawn] = chosen.scatter(-1, token.to(scores.device), 0.0)
        return scores


def penalise(row: BatchRow, seen: Any, scores: "Tensor") -> None:
    """Apply the model's repetition penalty to the tokens that a row has seen, in place."""
    penalty = row.repetition_penalty
    if penalty is None or penalty == 1:
        return
    old = scores[seen]
    scores[seen] = (old / penalty).where(old > 0, old * penalty)


def drawn_tokens(rows: Sequence[BatchRow], scores: "Tensor") -> "Tensor":
    """Draw a token for each row, all of which have a temperature above 0. Returns rows × 1."""
    # In double precision, the sum over a large vocabulary keeps its small terms.
    logits = _summable(scores).double()
    probabilities = (logits / _column(logits, [row.temperature for row in rows])).softmax(-1)
    if any(row.top_p < 1 or row.top_k or row.min_p for row in rows):
        probabilities = _filtered(probabilities, rows)
    cumulative = probabilities.cumsum(-1)
    luck = _column(logits, [row.draws.random() for row in rows]) * cumulative[:, -1:]
    return (cumulative <= luck).sum(-1, keepdim=True).clamp_max(scores.shape[-1] - 1)


def _summable(scores: "Tensor") -> "Tensor":
    """Return scores on a device whose cumulative sums are reproducible, which a GPU's are not."""
    import torch

    return scores.cpu() if torch.are_deterministic_algorithms_enabled() else scores


def _column(like: "Tensor", values: Sequence[float]) -> "Tensor":
    import torch

    return torch.tensor(values, dtype=torch.float64, device=like.device).unsqueeze(-1)


def _filtered(probabilities: "Tensor", rows: Sequence[BatchRow]) -> "Tensor":
    """Set to 0 what top_k, top_p and min_p exclude, but keep the most likely token."""
    ordered, order = probabilities.sort(dim=-1, descending=True, stable=True)
    rank = (ordered >= 0).cumsum(-1) - 1
    ordered = ordered * (rank < _column(ordered, [row.top_k or rank.shape[-1] for row in rows]))
    # As in transformers and vLLM, top_p applies to what top_k keeps.
    ordered = ordered / ordered.sum(-1, keepdim=True)
    before = ordered.cumsum(-1) - ordered
    keep = before < _column(ordered, [row.top_p for row in rows])
    keep &= ordered >= ordered[:, :1] * _column(ordered, [row.min_p or 0.0 for row in rows])
    keep |= rank == 0
    return probabilities.new_zeros(probabilities.shape).scatter(-1, order, ordered * keep)


def has_ended(model: LoadedModel, prompt: Prompt, new: Sequence[int]) -> bool:
    """Return whether a reply ends with its newest token.

    It ends at its max_tokens, at an end token, at a line break or a complete answer if that ends a
    reply, and at the model's stop strings. A reply with choices ends with the token after a choice.
    """
    prompts, newest = model.prompts, new[-1]
    return (
        len(new) >= prompt.max_tokens
        or newest in prompts.ends_of(prompt)
        or (model.breaks is not None and newest in model.breaks)
        or is_answered(model, prompt, new)
        or (
            not prompt.choices
            and bool(prompts.stops)
            and prompts.stops_at(new[-prompts.longest_stop :])
        )
    )


def is_answered(model: LoadedModel, prompt: Prompt, new: Sequence[int]) -> bool:
    """Return whether a reply ends because its newest token completes its answer."""
    return (
        model.closers is not None
        and not prompt.choices
        and new[-1] in model.closers
        and model.prompts.is_answered(prompt, new)
    )


class RowEnds:
    """Tells ``generate`` which rows have ended; all have when the backend is closed."""

    def __init__(
        self, model: LoadedModel, rows: Sequence[BatchRow], start: int, stop: threading.Event
    ):
        self._model = model
        self._rows = rows
        self._start = start
        self._stop = stop

    def __call__(self, ids: "Tensor", _scores: Any, **_: Any) -> "Tensor":
        """Return, for each row, whether it ends with its newest token."""
        new = ids[:, self._start :].tolist()
        done = [
            self._stop.is_set() or has_ended(self._model, row.prompt, tokens)
            for row, tokens in zip(self._rows, new, strict=True)
        ]
        return ids.new_tensor(done).bool()

"""Samples the tokens of a batch: each row has its own settings, random numbers and end."""

import random
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gamegrid.backends.backend import Sampling
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


Trie = dict[int, "Trie"]
"""Maps a token to the tokens that may follow; empty after an end token."""


def trie(paths: Iterable[Sequence[int]]) -> Trie:
    """Return the prefix tree of token sequences."""
    root: Trie = {}
    for path in paths:
        node = root
        for token in path:
            node = node.setdefault(token, {})
    return root


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
        self._filtered = any(
            rows[i].top_p < 1 or rows[i].top_k or rows[i].min_p for i in self._drawn
        )

    def __call__(self, ids: "Tensor", scores: "Tensor") -> "Tensor":
        """Return the scores (rows × vocabulary), with sampled rows reduced to their token."""
        scores = self._penalised(ids, scores)
        if not self._drawn:
            return scores
        drawn = [self._rows[i] for i in self._drawn]
        # In double precision, the sum over a large vocabulary keeps its small terms.
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
        """Apply the model's repetition penalty to tokens that a row has seen, without padding."""
        for index, row in enumerate(self._rows):
            penalty = row.repetition_penalty
            if penalty is None or penalty == 1:
                continue
            seen = ids[index] if self._encoder else ids[index, self._pads[index] :]
            old = scores[index, seen]
            scores[index, seen] = (old / penalty).where(old > 0, old * penalty)
        return scores


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


class RowEnds:
    """Stops each row at its max_tokens, at its last token, or at a text that ends a reply.

    A row with choices ends with the token after a choice. Other rows end at a line break, if that
    ends a reply, and at the model's stop strings. Stops all rows when the backend is closed.
    """

    def __init__(
        self, model: LoadedModel, rows: Sequence[BatchRow], start: int, stop: threading.Event
    ):
        self._rows = rows
        self._prompts = model.prompts
        self._start = start
        self._breaks = model.breaks
        self._stop = stop

    def __call__(self, ids: "Tensor", _scores: Any, **_: Any) -> "Tensor":
        """Return, for each row, whether it ends with its newest token."""
        length = ids.shape[1] - self._start
        newest = ids[:, -1].tolist()
        done = [
            self._stop.is_set()
            or length >= row.prompt.max_tokens
            or token in self._prompts.ends_of(row.prompt)
            or (self._breaks is not None and token in self._breaks)
            or self._stopped(row, ids[index])
            for index, (row, token) in enumerate(zip(self._rows, newest, strict=True))
        ]
        return ids.new_tensor(done).bool()

    def _stopped(self, row: BatchRow, ids: "Tensor") -> bool:
        """Return whether the newest text of a row contains a stop string."""
        if row.prompt.choices or not self._prompts.stops:
            return False
        newest = ids[self._start :][-self._prompts.longest_stop :].tolist()
        return self._prompts.stops_at(newest)

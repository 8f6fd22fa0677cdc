"""The keys and values of a running batch: one slot per row, in tensors with room to grow.

transformers' ``DynamicCache`` copies everything it holds for each new token, and keeps all rows of
a batch until the last one ends. Here a new token is written in place, a row that ends leaves its
slot at once, and a new row takes it. Rows start at the left of their slots and have different
lengths; the attention mask hides what lies beyond a row's end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from torch import Tensor
    from transformers import DynamicCache

GROWTH = 64
"""Slots grow by at least so many tokens, so that they are seldom copied."""


@dataclass(frozen=True, slots=True)
class Past:
    """The keys and values of the tokens of one row, per layer: heads × tokens × dimensions."""

    layers: tuple[tuple["Tensor", "Tensor"], ...]

    def __len__(self) -> int:
        """Return the number of tokens."""
        return int(self.layers[0][0].shape[-2])

    def first(self, count: int) -> "Past":
        """Return the first tokens, without a copy."""
        return Past(tuple((k[:, :count], v[:, :count]) for k, v in self.layers))

    @property
    def size(self) -> int:
        """Return the size in bytes."""
        return sum(part.numel() * part.element_size() for pair in self.layers for part in pair)


def read_cache(past: Past | None, rows: int, config: Any) -> "DynamicCache":
    """Return a cache for reading texts of several rows that all follow ``past``."""
    from transformers import DynamicCache

    cache = DynamicCache(config=config)
    if past is not None:
        for index, (keys, values) in enumerate(past.layers):
            cache.update(keys.expand(rows, *keys.shape), values.expand(rows, *values.shape), index)
    return cache


def row_of(cache: "DynamicCache", row: int, tokens: int) -> Past:
    """Return the first tokens of one row of a cache, without a copy."""
    return Past(
        tuple(
            (layer.keys[row, :, :tokens], layer.values[row, :, :tokens]) for layer in cache.layers
        )
    )


class Lengths:
    """The lengths of all rows, which the layers share. A step writes the next token of each."""

    def __init__(self, device: "torch.device") -> None:
        self.device = device
        self.known: list[int] = []

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.known)

    @property
    def longest(self) -> int:
        """Return the number of tokens of the longest row."""
        return max(self.known, default=0)

    def tensor(self) -> "Tensor":
        """Return the lengths as integers, one per row."""
        import torch

        return torch.tensor(self.known, device=self.device)


class SlotLayer:
    """One layer's keys and values: slots × heads × room × dimensions.

    It has what ``transformers.Cache`` asks of a layer. Inheriting from the library's class would
    load transformers with this module; ``Slots`` registers it as a layer instead.
    """

    is_sliding = False
    is_compileable = False

    def __init__(self, lengths: Lengths) -> None:
        self.is_initialized = False
        self.keys: Tensor
        self.values: Tensor
        self._lengths = lengths
        self._rows: Tensor | None = None
        self._ends: Tensor | None = None

    def put(self, slot: int, past: tuple["Tensor", "Tensor"]) -> None:
        """Write a row into a slot, for which ``reserve`` has made room, and zeros after it.

        The mask hides what lies beyond a row's end, but it must be finite.
        """
        for room, row in zip((self.keys, self.values), past, strict=True):
            room[slot, :, : row.shape[-2]] = row
            room[slot, :, row.shape[-2] :] = 0

    def move(self, source: int, target: int, tokens: int) -> None:
        """Copy a row to another slot."""
        self.keys[target, :, :tokens] = self.keys[source, :, :tokens]
        self.values[target, :, :tokens] = self.values[source, :, :tokens]

    def reserve(self, like: tuple["Tensor", "Tensor"], slots: int, tokens: int, most: int) -> None:
        """Make room for so many slots, of at most ``most``, of ``tokens`` tokens and some more.

        ``like`` is a row. All at once, because each growth copies what is there.
        """
        keys, values = like
        if not self.is_initialized:
            self.keys = _room(keys, slots, tokens + GROWTH)
            self.values = _room(values, slots, tokens + GROWTH)
            self.is_initialized = True
            return
        rows, room = self.keys.shape[0], self.keys.shape[-2]
        if slots > rows or tokens > room:
            more = min(most, max(slots, 2 * rows)) if slots > rows else rows
            wide = max(tokens + GROWTH, room + room // 4) if tokens > room else room
            self.keys = _grown(self.keys, more, wide)
            self.values = _grown(self.values, more, wide)

    def grow(self, needed: int) -> None:
        """Make room for ``needed`` tokens a row."""
        room = self.keys.shape[-2]
        if needed > room:
            wide = max(needed + GROWTH, room + room // 4)
            self.keys = _grown(self.keys, self.keys.shape[0], wide)
            self.values = _grown(self.values, self.values.shape[0], wide)

    def at(self, rows: "Tensor", ends: "Tensor") -> None:
        """Set where the next update writes: one token at the end of each row."""
        self._rows, self._ends = rows, ends

    def update(
        self, key_states: "Tensor", value_states: "Tensor", *_args: Any, **_more: Any
    ) -> tuple["Tensor", "Tensor"]:
        """Write one token a row; return all rows up to the end of the longest."""
        count, longest = len(self._lengths), self._lengths.longest + 1
        self.keys[self._rows, :, self._ends] = key_states[:, :, 0]
        self.values[self._rows, :, self._ends] = value_states[:, :, 0]
        return self.keys[:count, :, :longest], self.values[:count, :, :longest]

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Return the number of keys and where they start."""
        return self._lengths.longest + query_length, 0

    def get_seq_length(self) -> int:
        """Return the number of tokens before those of an update."""
        return self._lengths.longest

    def get_max_length(self) -> int:
        """Return -1: there is no limit."""
        return -1


def _room(like: "Tensor", slots: int, tokens: int) -> "Tensor":
    return like.new_empty((slots, like.shape[0], tokens, like.shape[-1]))


def _grown(old: "Tensor", slots: int, tokens: int) -> "Tensor":
    new = old.new_empty((slots, old.shape[1], tokens, old.shape[-1]))
    new[: old.shape[0], :, : old.shape[2]] = old
    new[: old.shape[0], :, old.shape[2] :] = 0
    return new


class Slots:
    """The slots of all running rows. Row i is in slot i; there are no gaps."""

    def __init__(self, layers: int, most: int, device: "torch.device") -> None:
        from transformers import Cache
        from transformers.cache_utils import CacheLayerMixin

        CacheLayerMixin.register(SlotLayer)  # so that a Cache takes it for a layer of attention
        self._most = most
        self.lengths = Lengths(device)
        self._layers = [SlotLayer(self.lengths) for _ in range(layers)]
        self._cache = Cache(layers=list(self._layers))

    def add(self, pasts: Sequence[Past]) -> None:
        """Add rows after all others."""
        if not pasts:
            return
        before = len(self.lengths)
        longest = max(self.lengths.longest, *map(len, pasts)) + 1
        for place, layer in enumerate(self._layers):
            layer.reserve(pasts[0].layers[place], before + len(pasts), longest, self._most)
            for slot, past in enumerate(pasts, before):
                layer.put(slot, past.layers[place])
        self.lengths.known += map(len, pasts)

    def remove(self, gone: Sequence[int]) -> list[int]:
        """Remove rows; the last rows take their slots. Returns which row each slot holds now."""
        order = kept_order(len(self.lengths), gone)
        for target, source in enumerate(order):
            if source != target:
                for layer in self._layers:
                    layer.move(source, target, self.lengths.known[source])
        self.lengths.known = [self.lengths.known[source] for source in order]
        return order

    def step(self, network: Any, tokens: Sequence[int]) -> "Tensor":
        """Read one token of each row; return the scores of the next: rows × vocabulary."""
        import torch

        ends = self.lengths.tensor()
        rows = torch.arange(len(ends), device=ends.device)
        width = self.lengths.longest + 1
        for layer in self._layers:
            layer.grow(width)
            layer.at(rows, ends)
        mask = torch.arange(width, device=ends.device) <= ends.unsqueeze(-1)
        output = network(
            input_ids=torch.tensor(tokens, device=ends.device).unsqueeze(-1),
            attention_mask=mask,
            position_ids=ends.unsqueeze(-1),
            past_key_values=self._cache,
            use_cache=True,
        )
        self.lengths.known = [length + 1 for length in self.lengths.known]
        scores: Tensor = output.logits[:, -1]
        return scores


def kept_order(count: int, gone: Sequence[int]) -> list[int]:
    """Return for each remaining slot the row that it then holds: rows move only into gaps."""
    left = set(range(count)) - set(gone)
    last = sorted((row for row in left if row >= len(left)), reverse=True)
    return [slot if slot in left else last.pop() for slot in range(len(left))]

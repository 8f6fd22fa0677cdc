"""The rows that a model is answering now: new ones join and ended ones leave between two tokens.

transformers' ``generate`` answers a batch as a whole: it waits for the longest reply, and reads
every prompt from its first token. Its continuous batching shares beginnings and refills, too, but
has one random generator for all rows, so a reply would depend on the rows beside it. Compiling the
network does not pay: its shapes change with every token and every row, and a step of a compiled one
took ten times as long on a CPU.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from gamegrid.backends.choice_trees import Trie, trie
from gamegrid.backends.hf_loading import LoadedModel
from gamegrid.backends.hf_prefixes import WORTH, Beginning, Covered, Prefixes, Tokens
from gamegrid.backends.hf_sampling import BatchRow, drawn_tokens, has_ended, penalise
from gamegrid.backends.hf_slots import Past, Slots, read_cache, row_of

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import DynamicCache

READ_AT_ONCE = 4096
"""The most tokens of prompts, padding included, that are read together."""
MANY = 512
"""Reading more tokens together gains nothing on a CPU."""
LONGER = 1.1
"""Prompts have similar lengths if the longest is at most so many times as long as the shortest."""

Ticket = TypeVar("Ticket")


@dataclass(slots=True, eq=False)
class RunningRow(Generic[Ticket]):
    """A row, whose reply it is, its new tokens, and the tokens that may follow.

    ``reused`` counts the tokens of its prompt that did not have to be read.
    """

    ticket: Ticket
    row: BatchRow
    reused: int
    new: list[int] = field(default_factory=list)
    allowed: Trie | None = None
    """None if any token may follow."""


class Running(Generic[Ticket]):
    """All rows that are being answered."""

    def __init__(self, model: LoadedModel, most: int, *, reuse: bool) -> None:
        """Answer at most ``most`` rows at a time. ``reuse`` keeps the beginnings of prompts."""
        self._model = model
        self._network = model.network
        self._rows: list[RunningRow[Ticket]] = []
        layers = self._network.config.get_text_config(decoder=True).num_hidden_layers
        self._slots = Slots(layers, most, self._network.device)
        self._reuse = reuse
        self.prefixes = Prefixes()

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._rows)

    @property
    def tickets(self) -> list[Ticket]:
        """Return whose replies are being generated."""
        return [row.ticket for row in self._rows]

    def admit(self, rows: Sequence[tuple[Ticket, BatchRow]]) -> list[RunningRow[Ticket]]:
        """Read the prompts of new rows and take their first tokens. Returns rows that ended."""
        import torch

        read = read_prompts(self._model, self._kept(), [row.prompt.ids for _, row in rows])
        new = [
            _start(ticket, row, each.reused) for (ticket, row), each in zip(rows, read, strict=True)
        ]
        self._take_tokens(new, torch.stack([each.scores for each in read]))
        going = [self._going(row) for row in new]
        self._rows += [row for row, goes in zip(new, going, strict=True) if goes]
        self._slots.add([each.past for each, goes in zip(read, going, strict=True) if goes])
        return [row for row, goes in zip(new, going, strict=True) if not goes]

    def step(self) -> list[RunningRow[Ticket]]:
        """Take one token of every row. Returns the rows that ended with it."""
        scores = self._slots.step(self._network, [row.new[-1] for row in self._rows])
        self._take_tokens(self._rows, scores)
        return self._leave([row for row in self._rows if not self._going(row)])

    def drop(self, rows: Sequence[RunningRow[Ticket]]) -> None:
        """Give up rows that nobody waits for."""
        self._leave(rows)

    @property
    def rows(self) -> Sequence[RunningRow[Ticket]]:
        """Return the rows."""
        return self._rows

    def _kept(self) -> Prefixes | None:
        return self.prefixes if self._reuse else None

    def _going(self, row: RunningRow[Ticket]) -> bool:
        return not has_ended(self._model, row.row.prompt, row.new)

    def _leave(self, ended: Sequence[RunningRow[Ticket]]) -> list[RunningRow[Ticket]]:
        if ended:
            order = self._slots.remove([self._rows.index(row) for row in ended])
            self._rows = [self._rows[index] for index in order]
        return list(ended)

    def _take_tokens(self, rows: Sequence[RunningRow[Ticket]], scores: "Tensor") -> None:
        import torch

        scores = scores.to(torch.float32, copy=True)
        for index, row in enumerate(rows):
            _hold(row, scores[index])
            if row.row.repetition_penalty not in (None, 1):
                seen = sorted({*row.row.prompt.ids, *row.new})
                penalise(row.row, torch.tensor(seen, device=scores.device), scores[index])
        tokens = scores.argmax(-1)
        drawn = [index for index, row in enumerate(rows) if row.row.temperature > 0]
        if drawn:
            chosen = drawn_tokens([rows[index].row for index in drawn], scores[drawn])
            tokens[drawn] = chosen.squeeze(-1).to(tokens.device)
        for row, token in zip(rows, tokens.tolist(), strict=True):
            row.new.append(token)
            if row.allowed is not None:
                row.allowed = row.allowed.get(token, {})


def _start(ticket: Ticket, row: BatchRow, reused: int) -> RunningRow[Ticket]:
    choices = row.prompt.choices
    allowed = trie(choice.ids for choice in choices) if choices else None
    return RunningRow(ticket, row, reused, allowed=allowed)


def _hold(row: RunningRow[Ticket], scores: "Tensor") -> None:
    """Rule out, in place, the tokens that continue no choice of a row."""
    if row.allowed:
        kept = list(row.allowed)
        scores_kept = scores[kept]
        scores.fill_(-float("inf"))
        scores[kept] = scores_kept


@dataclass(frozen=True, slots=True)
class ReadPrompt:
    """A prompt's keys and values, and the scores of the token that follows it.

    ``reused`` counts its tokens that an earlier prompt had read, or another one of its batch.
    """

    past: Past
    scores: "Tensor"
    reused: int


def read_prompts(
    model: LoadedModel, kept: Prefixes | None, prompts: Sequence[Sequence[int]]
) -> list[ReadPrompt]:
    """Read prompts. ``kept`` holds the beginnings read before; with None, nothing is reused."""
    tokens = [np.asarray(prompt, np.int64) for prompt in prompts]
    many = MANY if model.network.device.type == "cpu" else READ_AT_ONCE
    found: dict[int, ReadPrompt] = {}
    for beginning, places in _by_beginning(model, kept, tokens):
        done = 0 if beginning is None else len(beginning)
        for some in _portions(list(places), [len(each) - done for each in tokens], many):
            cache, last = _read(model, beginning, [tokens[place][done:] for place in some])
            for row, place in enumerate(some):
                past = row_of(cache, row, len(tokens[place]))
                found[place] = ReadPrompt(past, last[row], places[place])
    return [found[place] for place in range(len(tokens))]


def _by_beginning(
    model: LoadedModel, kept: Prefixes | None, prompts: Sequence[Tokens]
) -> Iterator[tuple[Past | None, dict[int, int]]]:
    """Yield beginnings, and the places of the prompts that follow them.

    With each place stands how many tokens of the prompt were not read for it.
    """
    if kept is None:
        yield None, dict.fromkeys(range(len(prompts)), 0)
        return
    fresh: dict[int, int] = {}
    for place, prompt in enumerate(prompts):
        others = [*prompts[:place], *prompts[place + 1 :]]
        if count := kept.worth_keeping(prompt, others):
            known = kept.find(prompt)
            done = 0 if known is None else known.count
            past = None if known is None else known.beginning.past.first(done)
            cache, _ = _read(model, past, [prompt[done:count]])
            kept.keep(prompt[:count], row_of(cache, 0, count))
            fresh[place] = count - done
    kept.note(prompts)
    for beginning, done, places in _alike([kept.find(prompt) for prompt in prompts]):
        past = None if beginning is None else beginning.past.first(done)
        yield past, {place: max(0, done - fresh.get(place, 0)) for place in places}


def _alike(found: Sequence[Covered | None]) -> Iterator[tuple[Beginning | None, int, list[int]]]:
    """Yield beginnings, how many of their tokens to reuse, and the places of the prompts.

    Prompts that share nearly as much of a beginning are read together: they reuse what all share.
    """
    if without := [place for place, each in enumerate(found) if each is None]:
        yield None, 0, without
    by_beginning: dict[int, list[tuple[Covered, int]]] = {}
    for place, each in enumerate(found):
        if each is not None:
            by_beginning.setdefault(id(each.beginning), []).append((each, place))
    for group in by_beginning.values():
        group.sort(key=lambda pair: -pair[0].count)
        while group:
            least = group[0][0].count - WORTH
            near = [pair for pair in group if pair[0].count > least]
            group = group[len(near) :]
            yield near[0][0].beginning, near[-1][0].count, [place for _, place in near]


def _portions(places: Sequence[int], lengths: Sequence[int], many: int) -> Iterator[list[int]]:
    """Split places into portions of at most READ_AT_ONCE tokens each, padding included.

    Portions of more than ``many`` tokens hold prompts of similar lengths only.
    """
    portion: list[int] = []
    for place in sorted(places, key=lambda place: lengths[place]):
        padded = lengths[place] * (len(portion) + 1)
        unlike = bool(portion) and lengths[place] > LONGER * lengths[portion[0]]
        if portion and (padded > READ_AT_ONCE or (unlike and padded > many)):
            yield portion
            portion = []
        portion.append(place)
    if portion:
        yield portion


def _read(
    model: LoadedModel, past: Past | None, texts: Sequence[Tokens]
) -> tuple["DynamicCache", "Tensor"]:
    """Read texts that follow ``past``; return the cache and each text's last scores.

    Texts are padded on the right, where no token looks.
    """
    import torch

    device, done = model.network.device, 0 if past is None else len(past)
    width = max(map(len, texts))
    ids = np.full((len(texts), width), model.pad, np.int64)
    for row, text in enumerate(texts):
        ids[row, : len(text)] = text
    ends = [len(text) - 1 for text in texts]
    places = np.minimum(np.arange(width), np.array(ends)[:, None]) + done
    last = sorted(set(ends))
    output = model.network(
        input_ids=torch.from_numpy(ids).to(device),
        position_ids=torch.from_numpy(places).to(device),
        past_key_values=read_cache(past, len(texts), model.network.config),
        use_cache=True,
        logits_to_keep=torch.tensor(last, device=device),
    )
    scores = output.logits[torch.arange(len(texts)), [last.index(end) for end in ends]]
    return output.past_key_values, scores

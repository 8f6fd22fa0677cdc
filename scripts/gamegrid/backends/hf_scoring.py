"""Scores the choices of prompts: the likelihood of each as the reply.

The choices of a prompt form a tree of tokens, since many begin alike. The model reads each node of
the tree once, after the prompt, in one row: the attention mask shows a node the prompt and the
nodes above it. Nodes without children are not read, because nothing follows them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gamegrid.backends.choice_trees import ChoiceTree
from gamegrid.backends.hf_loading import LoadedModel
from gamegrid.backends.hf_prefixes import Prefixes
from gamegrid.backends.hf_running import read_prompts
from gamegrid.backends.hf_slots import Past
from gamegrid.backends.local import Prompt

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import DynamicCache

MAX_NODES = 512
"""The most nodes that are read at once, over several prompts."""


@dataclass(frozen=True, slots=True)
class Scores:
    """The log-likelihoods of a prompt's choices, in their order.

    ``reused`` counts the tokens of the prompt that did not have to be read.
    """

    values: list[float]
    reused: int


def log_likelihoods(
    model: LoadedModel, kept: Prefixes | None, prompts: Sequence[Prompt]
) -> list[Scores]:
    """Return the log-likelihood of each choice of each prompt."""
    import torch

    found: list[Scores] = []
    for some in _portions(prompts):
        read = read_prompts(model, kept, [prompt.ids for prompt in some])
        first = torch.stack([each.scores for each in read])
        trees = [ChoiceTree.of([choice.ids for choice in prompt.choices]) for prompt in some]
        pasts = [each.past for each in read]
        later = _read_trees(model, pasts, trees) if any(map(len, trees)) else first.unsqueeze(1)
        for row, (prompt, tree) in enumerate(zip(some, trees, strict=True)):
            scores = torch.cat([later[row, : len(tree)], first[row : row + 1]])  # ROOT is last
            known = scores.float().log_softmax(-1).double()
            values = [
                float(known[path, list(choice.ids)].sum())
                for choice, path in zip(prompt.choices, tree.paths, strict=True)
            ]
            found.append(Scores(values, read[row].reused))
    return found


def _portions(prompts: Sequence[Prompt]) -> Iterator[list[Prompt]]:
    """Split prompts into portions of about MAX_NODES tokens of choices, or of one prompt."""
    portion: list[Prompt] = []
    nodes = 0
    for prompt in prompts:
        more = sum(len(choice.ids) for choice in prompt.choices)
        if portion and nodes + more > MAX_NODES:
            yield portion
            portion, nodes = [], 0
        portion.append(prompt)
        nodes += more
    yield portion


def _read_trees(model: LoadedModel, pasts: Sequence[Past], trees: Sequence[ChoiceTree]) -> "Tensor":
    """Read the trees after their prompts; return the scores of what follows each node.

    The shape is prompts × nodes × vocabulary. Shorter prompts and smaller trees are padded on the
    right, and the mask hides the padding.
    """
    import torch

    network, lengths = model.network, [len(past) for past in pasts]
    width, nodes = max(lengths), max(map(len, trees))
    ids = np.full((len(trees), nodes), model.pad, np.int64)
    places = np.zeros((len(trees), nodes), np.int64)
    sees = np.zeros((len(trees), nodes, width + nodes), bool)
    for row, (tree, length) in enumerate(zip(trees, lengths, strict=True)):
        ids[row, : len(tree)] = tree.tokens
        places[row, : len(tree)] = np.array(tree.depths()) + length
        sees[row, :, :length] = True  # padding must see something, too
        sees[row, : len(tree), width : width + len(tree)] = tree.seen()
    hidden = torch.zeros(sees.shape, dtype=network.dtype)
    hidden.masked_fill_(~torch.from_numpy(sees), torch.finfo(network.dtype).min)
    output = network(
        input_ids=torch.from_numpy(ids).to(network.device),
        position_ids=torch.from_numpy(places).to(network.device),
        attention_mask=hidden.unsqueeze(1).to(network.device),
        past_key_values=_side_by_side(pasts, width, network.config),
        use_cache=True,
    )
    scores: Tensor = output.logits
    return scores


def _side_by_side(pasts: Sequence[Past], width: int, config: object) -> "DynamicCache":
    """Return a cache with one row per past, padded on the right to ``width`` tokens."""
    import torch
    from transformers import DynamicCache

    cache = DynamicCache(config=config)
    for index, layer in enumerate(zip(*(past.layers for past in pasts), strict=True)):
        keys, values = (
            torch.stack(
                [
                    torch.nn.functional.pad(pair[part], (0, 0, 0, width - pair[part].shape[-2]))
                    for pair in layer
                ]
            )
            for part in (0, 1)
        )
        cache.update(keys, values, index)
    return cache

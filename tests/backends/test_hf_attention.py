"""Attention without copies of keys gives what transformers' gives."""

import random
from types import SimpleNamespace

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch

from gamegrid.backends.hf_attention import SHARED, STANDARD, attend, share_keys

WIDTH = 8


@pytest.mark.parametrize("sharing", [1, 2, 3])
@pytest.mark.parametrize("tokens", [1, 5])
@pytest.mark.parametrize("kind", ["none", "truth", "added"])
def test_heads_that_share_keys_attend_as_in_transformers(
    sharing: int, tokens: int, kind: str
) -> None:
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    draw = random.Random(f"{sharing} {tokens} {kind}")
    torch.manual_seed(draw.randrange(99))
    rows, kept, keys = 3, 2, 5 if kind == "none" else 11
    query = torch.randn(rows, kept * sharing, tokens, WIDTH)
    key, value = (torch.randn(rows, kept, keys, WIDTH) for _ in range(2))
    seen = torch.rand(rows, 1, tokens, keys) < 0.6
    seen[..., 0] = True
    added = torch.zeros(seen.shape).masked_fill(~seen, torch.finfo(torch.float32).min)
    mask = {"none": None, "truth": seen, "added": added}[kind]
    module = SimpleNamespace(num_key_value_groups=sharing, is_causal=True)
    for scaling in (None, 0.3):
        theirs, _ = sdpa_attention_forward(module, query, key, value, mask, scaling=scaling)  # type: ignore[arg-type]
        ours, _ = attend(module, query, key, value, mask, scaling=scaling)
        assert ours.shape == (rows, tokens, kept * sharing, WIDTH)
        assert torch.allclose(ours, theirs, atol=1e-6)


def test_only_the_standard_attention_is_replaced() -> None:
    chosen: list[str] = []
    for name in (STANDARD, "eager", "flash_attention_2"):
        config = SimpleNamespace(_attn_implementation=name)
        share_keys(SimpleNamespace(config=config, set_attn_implementation=chosen.append))
    assert chosen == [SHARED]

"""Attention for models in which several heads of the query share one head of keys and values.

With a mask, transformers copies keys and values for each head of the query
(``transformers.integrations.sdpa_attention``). In a batch of 64 rows, that copy takes longer than
the attention. Here the heads that share keys become further queries of one head, which is the same
sum without a copy.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

STANDARD = "sdpa"
SHARED = "gamegrid_shared_keys"


def share_keys(network: Any) -> None:
    """Let a network use this attention where it uses transformers' standard one."""
    from transformers import AttentionInterface
    from transformers.masking_utils import AttentionMaskInterface, sdpa_mask

    if network.config._attn_implementation == STANDARD:
        AttentionInterface.register(SHARED, attend)
        AttentionMaskInterface.register(SHARED, sdpa_mask)
        network.set_attn_implementation(SHARED)


def attend(
    module: Any,
    query: "Tensor",
    key: "Tensor",
    value: "Tensor",
    attention_mask: "Tensor | None",
    scaling: float | None = None,
    **others: Any,
) -> tuple["Tensor", None]:
    """Return the attention's output (rows × tokens × heads × dimensions).

    ``query``, ``key`` and ``value`` are rows × heads × tokens × dimensions.
    """
    from torch.nn.functional import scaled_dot_product_attention
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    rows, heads, tokens, width = query.shape
    sharing = heads // key.shape[1]
    others = {name: given for name, given in others.items() if given is not None}
    if attention_mask is None or sharing == 1 or attention_mask.shape[1] != 1:
        return sdpa_attention_forward(  # type: ignore[no-any-return]
            module, query, key, value, attention_mask, scaling=scaling, **others
        )
    output = scaled_dot_product_attention(
        query.reshape(rows, key.shape[1], sharing * tokens, width),
        key,
        value,
        attn_mask=attention_mask if tokens == 1 else attention_mask.repeat(1, 1, sharing, 1),
        scale=scaling,
    )
    return output.reshape(rows, heads, tokens, -1).transpose(1, 2).contiguous(), None

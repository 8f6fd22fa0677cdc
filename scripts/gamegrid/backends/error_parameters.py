"""Finds the parameter of a request that an error is about."""

import re
from collections.abc import Mapping
from typing import Any

from gamegrid.backends.error_bodies import StatedError

SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "max_tokens": (
        "max_completion_tokens", "max_output_tokens", "maxOutputTokens", "max_new_tokens",
        "maxTokens", "num_predict", "max_tokens_to_sample",
    ),
    "top_p": ("topP",),
    "seed": ("random_seed",),
    "response_format": (
        "json_schema", "responseSchema", "response_schema", "guided_json", "structured_outputs",
        "output_format", "structured output",
    ),
    "structured_outputs": ("guided_choice", "structured output"),
    "reasoning_effort": ("reasoning.effort", "reasoning effort"),
    "thinking": ("thinking_budget", "budget_tokens", "thinkingBudget", "enable_thinking"),
    "chat_template_kwargs": ("enable_thinking",),
}  # fmt: skip
"""Other names of parameters, which a provider uses or a library translates to."""
CONTEXT = re.compile(r"context (?:length|window|size|limit)\D{0,40}?(\d{2,9})", re.IGNORECASE)
LIMITS = ("max_tokens", "max_completion_tokens")


def refused_parameters(error: StatedError, sent: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the sent parameters that an error is about; none if it is about something else."""
    extra = sent.get("extra_body")
    sent_names: list[str] = [*sent, *(extra if isinstance(extra, Mapping) else ())]
    names = [name for name in sent_names if name not in ("model", "extra_body")]
    named = tuple(n for n in names if any(_names(stated, n) for stated in error.parameters))
    return named or tuple(name for name in names if _names(error.words, name))


def _names(text: str, name: str) -> bool:
    """Return whether a text names a parameter as a whole word."""
    spelled = "|".join(re.escape(each) for each in (name, *SPELLINGS.get(name, ())))
    return re.search(rf"(?<![\w-])(?:{spelled})(?![\w-])", text) is not None


def limit_beyond_context(error: StatedError, sent: Mapping[str, Any]) -> str | None:
    """Return the sent limit of tokens that no prompt leaves room for; None if there is none."""
    stated = CONTEXT.search(error.words)
    context = int(stated[1]) if stated else None
    for name in LIMITS:
        limit = sent.get(name)
        if context is not None and isinstance(limit, int) and limit >= context:
            return name
    return None

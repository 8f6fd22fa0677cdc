"""What to change if a model's replies keep failing, by kind of failure."""

from gamegrid.records.record_types import Failure

ADVICE = {
    Failure.TRUNCATED: "Raise max_tokens of the agent, or let the model think less.",
    Failure.CONTEXT_OVERFLOW: (
        "Give it a shorter prompt, such as prompt: terse, lower max_tokens, or ask a model with a "
        "longer context."
    ),
    Failure.EMPTY: "Check its chat template, and raise max_tokens if it thinks before it answers.",
    Failure.REFUSED: "Give it another prompt or system text, or ask a model without this filter.",
    Failure.UNPARSABLE: "Give it another prompt, or set decode: constrained.",
    Failure.ILLEGAL: "Give it another prompt, or set decode: constrained.",
}

WORDS = {
    Failure.TRUNCATED: "truncated",
    Failure.CONTEXT_OVERFLOW: "missing, since prompt and reply do not fit the model's context",
    Failure.EMPTY: "empty",
    Failure.REFUSED: "refused",
    Failure.UNPARSABLE: "without an answer in the requested form",
    Failure.ILLEGAL: "with an illegal move",
}
"""How sentences call replies that failed."""

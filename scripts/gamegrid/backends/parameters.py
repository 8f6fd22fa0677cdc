"""Which parameters a model takes, learned from what its server refuses."""

import json
from collections.abc import Mapping
from typing import Any

from gamegrid.backends.backend import BackendError, Completion
from gamegrid.backends.faults import Blame, Fault

OUR_NAMES: Mapping[str, str] = {
    "max_completion_tokens": "max_tokens",
    "response_format": "decode: constrained",
    "structured_outputs": "decode: constrained",
    "thinking": "thinking_budget",
}
"""The agent's setting that leads to a parameter, if its name differs."""


class Parameters:
    """What one model has refused so far. ``name`` is the model id.

    Each refusal costs one request: after it, the parameter is sent in another way, or requests
    that hold it are not sent at all.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._renamed: dict[str, str] = {}
        self._left_out: set[str] = set()
        self._refused: dict[tuple[str, str], str] = {}

    def fitted(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        """Return parameters as the model takes them. Raises BackendError for a refused value."""
        kept = {name: value for name, value in sent.items() if name not in self._left_out}
        fitted = {self._renamed.get(name, name): value for name, value in kept.items()}
        for name, value in fitted.items():
            if refusal := self._refused.get((name, _written(value))):
                raise BackendError(f"{self._name}: {refusal}")
        return fitted

    def settle(self, outcome: Completion | Fault, sent: Mapping[str, Any]) -> Completion | Fault:
        """Return an outcome, or if a parameter was refused, the fault of that.

        ``sent`` holds the parameters of the request. If the parameter can be sent in another way,
        the request is repeated so.
        """
        if isinstance(outcome, Completion) or (name := outcome.parameter) is None:
            return outcome
        if instead := self._instead(name, outcome.words):
            text = f"{outcome.text} {instead}"
            return Fault(Blame.UNBILLED, text, status=outcome.status)
        outer = name if name in sent else "extra_body"
        ours = OUR_NAMES.get(name, name)
        refusal = f"the model refuses {ours!r}: {outcome.text} Change or remove it on the agent."
        self._refused[outer, _written(sent[outer])] = refusal
        return Fault(Blame.REQUEST, refusal, status=outcome.status)

    def _instead(self, name: str, words: str) -> str | None:
        """Send a parameter in another way from now on; None if there is no other way."""
        if name == "max_tokens" and "max_completion_tokens" in words:
            self._renamed["max_tokens"] = "max_completion_tokens"
            return "'max_tokens' is sent as 'max_completion_tokens' from now on."
        if name == "seed":
            self._left_out.add("seed")
            return "No seed is sent from now on."
        return None


def _written(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=repr)

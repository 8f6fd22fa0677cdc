"""Which parameters a model takes, learned from what its server refuses."""

import json
import re
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
RENAMED = re.compile(
    r"(use|with|by|to|instead:?|favou?r of)\W{1,3}max_completion_tokens", re.IGNORECASE
)
"""The advice of models that know ``max_tokens`` by another name."""


class Parameters:
    """What one model has refused so far. ``name`` is the model id.

    Each refusal costs one request: after it, the parameter is sent in another way, or requests
    with the same values are not sent at all.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._renamed: dict[str, str] = {}
        self._left_out: set[str] = set()
        self._refused: dict[frozenset[tuple[str, str]], str] = {}
        """The sentence on each combination of parameters and values that the model refused."""

    def fitted(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        """Return parameters as the model takes them. Raises BackendError for refused values."""
        kept = {name: value for name, value in sent.items() if name not in self._left_out}
        fitted = {self._renamed.get(name, name): value for name, value in kept.items()}
        if not self._refused:
            return fitted
        written = {(name, _written(value)) for name, value in fitted.items()}
        for refused, sentence in self._refused.items():
            if refused <= written:
                raise BackendError(f"{self._name}: {sentence}")
        return fitted

    def settle(self, outcome: Completion | Fault, sent: Mapping[str, Any]) -> Completion | Fault:
        """Return an outcome, or if parameters were refused, the fault of that.

        ``sent`` holds the parameters of the request. If a parameter can be sent in another way, the
        request is repeated so.
        """
        if isinstance(outcome, Completion) or not outcome.parameters:
            return outcome
        if instead := self._instead(outcome.parameters, outcome.words):
            text = f"{outcome.text} {instead}"
            return Fault(Blame.UNBILLED, text, status=outcome.status)
        names = {name if name in sent else "extra_body" for name in outcome.parameters}
        ours = " and ".join(repr(OUR_NAMES.get(name, name)) for name in outcome.parameters)
        sentence = f"the model refuses {ours}: {outcome.text} Change or remove it on the agent."
        self._refused[frozenset((name, _written(sent[name])) for name in names)] = sentence
        return Fault(Blame.REQUEST, sentence, status=outcome.status)

    def _instead(self, names: tuple[str, ...], words: str) -> str | None:
        """Send a parameter in another way from now on; None if there is no other way."""
        if "max_tokens" in names and RENAMED.search(words):
            self._renamed["max_tokens"] = "max_completion_tokens"
            return "'max_tokens' is sent as 'max_completion_tokens' from now on."
        if names == ("seed",):
            self._left_out.add("seed")
            return "No seed is sent from now on."
        return None


def _written(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=repr)

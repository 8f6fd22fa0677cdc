"""What a request to a paid model can cost at most, and what its answer has cost.

The provider counts tokens after a request is sent, so only upper bounds are known before. A token
stands for at least one byte, in every tokenizer in use, so bytes bound tokens.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from gamegrid.backends.backend import Attempt, Completion, Decode, Request
from gamegrid.backends.faults import BUSY_STATUSES, Blame
from gamegrid.backends.tariff import Tariff

TOKENS_AROUND = 512
"""Prompt tokens that a provider adds to any request: the frame of its chat template, a system
message that the template brings along, the instructions for an answer in JSON."""
TOKENS_PER_MESSAGE = 16
"""Prompt tokens that a chat template puts around each message."""
REPLY_LIMITS = ("max_tokens", "max_completion_tokens")
"""Keys of ``extra_body`` that limit a reply, as the servers name them."""
COPIES = ("n", "best_of")
"""Keys of ``extra_body`` that order several replies at once."""
MOST_TOKENS = 100_000_000
"""No request has more tokens. A higher count is a mistake of the server."""
OVERLOAD = re.compile(
    r"overload|capacity|\bbusy\b|rate.?limit|too many|throttl|\bloading\b|\bretry\b", re.IGNORECASE
)
"""Words of a server that refused a request for lack of room, before any work on it."""


@dataclass(frozen=True, slots=True)
class Bound:
    """Upper bounds on the tokens of one attempt; ``reply`` is None if nothing limits the reply."""

    prompt: int
    reply: int | None


@dataclass(frozen=True, slots=True)
class Bill:
    """The cost of one attempt in USD. ``maybe``: the part of it that the provider did not state."""

    usd: float
    maybe: float = 0.0


def bound(stated: Mapping[str, Any], tariff: Tariff) -> Bound:
    """Return the bounds of a request, which is given as the journal records it."""
    sampling = stated["sampling"]
    messages = stated["messages"]
    texts = [message["content"] for message in messages]
    prompt = TOKENS_AROUND + TOKENS_PER_MESSAGE * len(messages) + sum(map(_size, texts))
    choices = stated.get("choices")
    if choices is not None:
        prompt += sum(map(_size, choices)) + TOKENS_PER_MESSAGE * len(choices)
    for key in ("extra_body", "chat_template_kwargs"):
        if sampling.get(key):
            prompt += len(json.dumps(sampling[key]))
    reply = reply_limit(sampling, Decode(stated.get("decode", Decode.GENERATE)), tariff)
    copies = _largest(sampling.get("extra_body"), COPIES) or 1
    return Bound(prompt, None if reply is None else reply * max(1, copies))


def reply_limit(sampling: Mapping[str, Any], decode: Decode, tariff: Tariff) -> int | None:
    """Return the most tokens that a reply can have; None if it is not known.

    Tokens of reasoning are part of a reply. A provider may add ``thinking_budget`` to the limit.
    """
    if decode is Decode.SCORE:
        return 0
    limits = [sampling.get("max_tokens"), _largest(sampling.get("extra_body"), REPLY_LIMITS)]
    stated = [limit for limit in limits if limit is not None]
    limit = max(stated) if stated else tariff.most_tokens
    return None if limit is None else limit + (sampling.get("thinking_budget") or 0)


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _largest(keys: Mapping[str, Any] | None, names: tuple[str, ...]) -> int | None:
    """Return the largest whole number among some keys; None if there is none."""
    values = [(keys or {}).get(name) for name in names]
    return max((n for n in values if isinstance(n, int) and not isinstance(n, bool)), default=None)


def most_usd(limits: Bound, tariff: Tariff) -> float:
    """Return the most that one attempt can cost, in USD. Raises ValueError without a limit."""
    if limits.reply is None:
        raise ValueError("nothing limits the reply, so nothing limits its price")
    return tariff.price.most_usd(limits.prompt, limits.reply)


def bill(limits: Bound, tariff: Tariff, completion: Completion) -> Bill:
    """Return what an answer has cost. A count that is missing or makes no sense is at its bound.

    A count above the bound is taken as stated. Nothing was generated for an answer that is an
    error, so only its prompt can have been billed. If nothing limits the reply, its bytes do.
    """
    price, usage = tariff.price, completion.usage
    prompt = _sensible(usage.prompt_tokens) or None  # no prompt is empty
    said = 0 if _is_error(completion) else _said(completion)
    most = reply_bytes(completion) if limits.reply is None else limits.reply
    cached = _sensible(usage.cached_tokens) or 0
    written = limits.prompt if prompt is None else _written_to_cache(completion.raw)
    usd = price.usd(
        limits.prompt if prompt is None else prompt,
        most if said is None else said,
        0 if prompt is None else cached,
        written,
    )
    stated = price.usd(prompt or 0, said or 0, cached, 0 if prompt is None else written)
    return Bill(usd, max(0.0, usd - stated))


def reply_bytes(completion: Completion) -> int:
    """Return the bytes of a reply and its reasoning, which bound the tokens of what is seen."""
    return _size(completion.text) + _size(completion.reasoning or "")


def _is_error(completion: Completion) -> bool:
    """Return whether a limit of the model ended the request before it said anything."""
    raw = completion.raw
    return isinstance(raw, Mapping) and raw.keys() == {"error"} and not completion.text


def _said(completion: Completion) -> int | None:
    """Return the tokens of a reply with its reasoning; None if they are not known.

    Some providers do not count reasoning among the completion tokens. Their total shows it.
    """
    usage = completion.usage
    said, thought = _sensible(usage.completion_tokens), _sensible(usage.reasoning_tokens) or 0
    if said is None or (said == 0 and (completion.text or completion.reasoning)):
        return None
    if not thought:
        return said
    total = _sensible(_stated_usage(completion.raw).get("total_tokens")) or 0
    beyond = total - (_sensible(usage.prompt_tokens) or 0)
    return max(said, beyond, said + thought if thought > said else 0)


def _sensible(count: object) -> int | None:
    """Return a count of tokens that a provider stated; None if it is missing or cannot be true."""
    if isinstance(count, int) and not isinstance(count, bool) and 0 <= count <= MOST_TOKENS:
        return count
    return None


def _written_to_cache(raw: Any) -> int:
    """Return the prompt tokens that a library's answer says were written to a cache."""
    usage = raw.get("usage") if isinstance(raw, Mapping) else None
    if not isinstance(usage, Mapping):
        return 0
    details = usage.get("prompt_tokens_details")
    counts = (
        usage.get("cache_creation_input_tokens"),
        details.get("cache_creation_tokens") if isinstance(details, Mapping) else None,
    )
    return max(_sensible(count) or 0 for count in counts)


def _stated_usage(raw: Any) -> Mapping[str, Any]:
    """Return the usage in an answer as delivered, which is text or an object."""
    try:
        body = json.loads(raw) if isinstance(raw, str) else raw
    except ValueError:
        return {}
    usage = body.get("usage") if isinstance(body, Mapping) else None
    return usage if isinstance(usage, Mapping) else {}


def may_be_billed(kind: str, status: int | None, said: str | None) -> bool:
    """Return whether a failed attempt can be on the provider's bill, and not only whether to retry.

    A server or a gateway can fail after the work was done, so an error of a server counts, unless
    it says that the request was turned away for lack of room.
    """
    if kind == Blame.MAYBE_BILLED:
        return True
    if kind != Blame.UNBILLED or status is None or status < 500:
        return False
    return status not in BUSY_STATUSES or (status == 503 and not OVERLOAD.search(said or ""))


def unbilled(attempts: tuple[Attempt, ...]) -> bool:
    """Return whether all of these failed attempts are certain to be on no bill."""
    return not any(may_be_billed(each.kind, each.status, each.said) for each in attempts)


class Tab(Protocol):
    """The account of one request. A backend asks it before each attempt and tells it the outcome.

    One attempt is open at a time. The last one of an answered request stays open.
    """

    async def reserve(self) -> None:
        """Wait until one more attempt can be paid for at its worst price.

        Raises BackendError if it never can. Then nothing may be sent.
        """

    def free(self) -> None:
        """Close the attempt as certainly not billed."""

    def lost(self) -> None:
        """Close the attempt as one that may have been billed."""


class FreeTab:
    """The account of a request that costs nothing, or that nothing limits."""

    async def reserve(self) -> None:
        """Allow every attempt."""

    def free(self) -> None:
        """Do nothing."""

    def lost(self) -> None:
        """Do nothing."""


FREE = FreeTab()


@runtime_checkable
class Metered(Protocol):
    """A backend that may send a request several times, and accounts for each time."""

    async def complete_on(self, request: Request, tab: Tab) -> Completion:
        """Answer one request like ``complete``, and reserve the price of each attempt on a tab."""

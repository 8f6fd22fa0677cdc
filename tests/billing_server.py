"""A provider's bill: answers for a loopback endpoint that bills every request as it arrives.

It bills as real providers do, whatever becomes of the answer: replies as long as the model's limit
allows, errors after the work was done, bodies that cannot be read, and usage that is missing or
makes no sense.
"""

import json
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any

from gamegrid.backends.tariff import Price
from loopback import Body, Fault, Reply, choose

LARGEST = 2**40
"""A count of tokens that no request can have, and that every column can hold."""


class Trouble(StrEnum):
    """What becomes of a request that is billed, unless the name says otherwise."""

    NONE = "answered in full"
    BUSY_UNBILLED = "429, not billed"
    ERROR_500 = "500"
    BAD_GATEWAY = "502"
    UNAVAILABLE = "503 of a gateway"
    TIMED_OUT = "504"
    DROPPED = "connection closed"
    CUT = "half a body"
    NO_JSON = "a body that is no JSON"
    NO_CHOICES = "no choices"
    NO_USAGE = "no usage"
    USAGE_IS_TEXT = "usage is a text"
    NEGATIVE = "negative counts"
    HUGE = "counts that cannot be true"
    ZERO = "zeros"
    PROMPT_ONLY = "only the prompt's tokens"
    REASONING_BESIDE = "reasoning is not part of the completion's count"


STATUS = {
    Trouble.BUSY_UNBILLED: 429,
    Trouble.ERROR_500: 500,
    Trouble.BAD_GATEWAY: 502,
    Trouble.UNAVAILABLE: 503,
    Trouble.TIMED_OUT: 504,
}


@dataclass
class Bill:
    """The bill of one provider; use it as an endpoint's ``answer``.

    A reply has up to ``longest`` tokens, or fewer if the request asks for fewer. ``rate`` is the
    share of requests in trouble, and ``slow_s`` the longest time for an answer.
    """

    price: Price
    longest: int
    rate: float = 0.3
    slow_s: float = 0.05
    troubles: Sequence[Trouble] = tuple(Trouble)[1:]
    seed: int = 1
    usd: float = 0.0
    most_usd: float = 0.0
    """The most that one request has cost."""
    met: Counter[Trouble] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._luck = Random(self.seed)
        self._lock = threading.Lock()

    def __call__(self, body: Body) -> Reply:
        """Bill a request and answer it."""
        with self._lock:
            luck = Random(self._luck.random())
            trouble = luck.choice(self.troubles) if luck.random() < self.rate else Trouble.NONE
            self.met[trouble] += 1
            asked = sum(len(message["content"]) for message in body["messages"]) // 3
            said = luck.randint(1, body.get("max_tokens") or self.longest)
            if trouble is not Trouble.BUSY_UNBILLED:
                cost = self.price.usd(asked, said)
                self.usd += cost
                self.most_usd = max(self.most_usd, cost)
        return self._reply(body, trouble, luck.uniform(0, self.slow_s), asked, said)

    def _reply(self, body: Body, trouble: Trouble, delay: float, asked: int, said: int) -> Reply:
        if trouble in STATUS:
            error = json.dumps({"error": {"message": "upstream connect error", "code": None}})
            return Reply(status=STATUS[trouble], body=error.encode(), delay=delay)
        text = choose(body).text
        answer: Body = {
            "model": body["model"],
            "choices": [
                {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
            ],
            "usage": _usage(trouble, asked, said),
        }
        if trouble is Trouble.NO_CHOICES:
            answer["choices"] = []
        sent = b"<html>" if trouble is Trouble.NO_JSON else json.dumps(answer).encode()
        fault = {Trouble.DROPPED: Fault.DROP, Trouble.CUT: Fault.TRUNCATE}.get(trouble, Fault.NONE)
        return Reply(body=sent, delay=delay, fault=fault)


def _usage(trouble: Trouble, asked: int, said: int) -> Any:
    usage: dict[str, Any] = {
        "prompt_tokens": asked,
        "completion_tokens": said,
        "total_tokens": asked + said,
    }
    match trouble:
        case Trouble.NO_USAGE:
            return None
        case Trouble.USAGE_IS_TEXT:
            return "many"
        case Trouble.NEGATIVE:
            return dict.fromkeys(usage, -1)
        case Trouble.HUGE:
            return dict.fromkeys(usage, LARGEST)
        case Trouble.ZERO:
            return dict.fromkeys(usage, 0)
        case Trouble.PROMPT_ONLY:
            return {"prompt_tokens": asked}
        case Trouble.REASONING_BESIDE:
            visible = said // 10
            details = {"reasoning_tokens": said - visible}
            return usage | {"completion_tokens": visible, "completion_tokens_details": details}
        case _:
            return usage

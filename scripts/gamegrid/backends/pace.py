"""A pace over all jobs of a host: requests and tokens per minute, spaced evenly."""

import time
from dataclasses import dataclass

from gamegrid.backends.backend import ModelEntry, Usage
from gamegrid.backends.shared_file import SharedFile

AHEAD_S = 0.25
"""How far ahead a turn may be booked. A job that dies wastes no more than this."""
LONGEST_DEBT_S = 3600.0
"""A booking further ahead was made before the host was restarted."""
CHARACTERS_PER_TOKEN = 4.0
"""A rule of thumb, used where a model does not state its tokens."""
UNKNOWN_REPLY_TOKENS = 256
"""Booked for a reply without ``max_tokens`` before any reply has arrived."""
NEWEST = 0.05
"""The weight of the newest reply in the running mean of reply lengths."""


@dataclass(slots=True)
class Booking:
    """A request's booking, in tokens and seconds. The caller sets ``usage`` from the reply."""

    prompt_tokens: float = 0.0
    reply_tokens: float = 0.0
    wait_s: float = 0.0
    usage: Usage | None = None


class Pace:
    """One job's part in the pace of a model.

    The shared file holds two moments of the host's monotonic clock, in seconds: when the limit on
    requests and when the limit on tokens next admit a request. A request moves both on. Callers
    hold the file's lock.
    """

    def __init__(self, entry: ModelEntry) -> None:
        requests, tokens = entry.requests_per_minute, entry.tokens_per_minute
        self._request_s = 60.0 / requests if requests else 0.0
        self._token_s = 60.0 / tokens if tokens else 0.0
        self._mean_reply: float | None = None

    @property
    def is_limited(self) -> bool:
        """Whether the entry limits requests or tokens per minute."""
        return bool(self._request_s or self._token_s)

    def book(self, file: SharedFile, prompt: int, max_tokens: int | None) -> Booking | None:
        """Book the next turn for a prompt of that many characters; None if it is not near yet."""
        if not self.is_limited:
            return Booking()
        now = time.monotonic()
        requests, tokens = (
            max(now, moment) if moment < now + LONGEST_DEBT_S else now for moment in file.read()
        )
        wait_s = max(requests, tokens) - now
        if wait_s > AHEAD_S:
            return None
        reply = UNKNOWN_REPLY_TOKENS if max_tokens is None else max_tokens
        reply_tokens = reply if self._mean_reply is None else self._mean_reply
        booking = Booking(prompt / CHARACTERS_PER_TOKEN, reply_tokens, wait_s)
        used_s = (booking.prompt_tokens + booking.reply_tokens) * self._token_s
        file.write(requests + self._request_s, tokens + used_s)
        return booking

    def settle(self, file: SharedFile, booking: Booking) -> None:
        """Correct a booking by the tokens that were used, where the reply states them."""
        usage = booking.usage
        if usage is None or usage.completion_tokens is None:
            return
        reply, mean = usage.completion_tokens, self._mean_reply
        self._mean_reply = reply if mean is None else mean + NEWEST * (reply - mean)
        prompt = booking.prompt_tokens if usage.prompt_tokens is None else usage.prompt_tokens
        unused = booking.prompt_tokens + booking.reply_tokens - prompt - reply
        requests, tokens = file.read()
        file.write(requests, tokens - unused * self._token_s)

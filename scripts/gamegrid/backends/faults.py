"""Classifies failed attempts by the status and body of the answer, for all servers alike.

A transport failure is never the model's fault. A full context and a filtered answer are, so they
become completions.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

from gamegrid.backends.backend import Completion, FinishReason
from gamegrid.backends.providers import Secrets

RETRIED_STATUSES = frozenset({408, 409, 425, 429})
TIMED_OUT_STATUSES = frozenset({408, 499, 504, 520, 524, 598, 599})
"""Statuses of gateways that gave up waiting for the model. It may have answered them, for money."""
BUSY_STATUSES = frozenset({429, 503, 529})
"""Statuses of an overloaded server."""
OWN_LIMIT_STATUSES = frozenset({400, 413, 422})
OVERFLOW_CODES = frozenset({"context_length_exceeded", "exceed_context_size_error"})
OVERFLOW = re.compile(
    r"context[ _-]?(length|window|size)|(prompt|input) is too long|longer than the model"
    r"|exceeds the maximum number of (input )?tokens|must have less than \d+ tokens"
    r"|tokens \+ `?max_new_tokens",
    re.IGNORECASE,
)
FILTER_CODES = frozenset({"content_policy_violation", "content_filter"})
FILTERED = re.compile(r"content (management|filtering) policy", re.IGNORECASE)
SPENT_CODES = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})
SPENT = re.compile(r"credit balance is too low", re.IGNORECASE)
SPENT_QUOTA = re.compile(r'"quotaId"\s*:\s*"[^"]*PerDay')
"""Gemini's 429 for a daily quota, which does not reset during a run."""
BAD_KEY = re.compile(r"API key not valid|API_KEY_INVALID", re.IGNORECASE)
RETRY_DELAY = re.compile(r'"retryDelay"\s*:\s*"([^"]*)s"')
"""Gemini states in the body how long to wait."""
SECONDS = re.compile(r"[+-]?[0-9]{1,400}(\.[0-9]{0,400})?")
LONGEST_DELAY_S = 366 * 86400.0


class Blame(StrEnum):
    """What a failed attempt implies for this request and all others."""

    UNBILLED = "unbilled"
    """Retry: nothing was billed."""
    MAYBE_BILLED = "maybe_billed"
    """Retry a few times: the answer may have been billed and lost."""
    REQUEST = "request"
    """This request can never succeed."""
    ACCOUNT = "account"
    """No request can succeed, because of the key, permissions, model name or quota."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One failed attempt.

    ``retry_after_s``: the seconds that the provider asks to wait. ``status``: the HTTP status, None
    without an answer. ``body``: an answer that could not be read.
    """

    blame: Blame
    text: str
    retry_after_s: float | None = None
    status: int | None = None
    body: str | None = None

    @property
    def busy(self) -> bool:
        """Whether the server is overloaded."""
        return self.status in BUSY_STATUSES


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer with an error status. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def error(self) -> tuple[str, frozenset[str]]:
        """The error's message and codes."""
        try:
            return error_of(json.loads(self.text))
        except (ValueError, RecursionError):
            return self.text, frozenset()


def error_of(body: Any) -> tuple[str, frozenset[str]]:
    """Return the message and codes of an error body."""
    error = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(error, dict):
        return str(error), frozenset()
    names = ("code", "type", "error_type")
    codes = frozenset(str(error[name]) for name in names if error.get(name))
    return str(error.get("message") or error.get("detail") or ""), codes


def read_refusal(refusal: Refusal, key_advice: str, secrets: Secrets) -> Completion | Fault:
    """Interpret an error status: a limit of the model becomes a completion, all else a fault."""
    message, codes = refusal.error
    if refusal.status in OWN_LIMIT_STATUSES and (reason := own_limit(message, codes)):
        return ended(reason, message, secrets)
    return _fault(refusal, message, codes, key_advice, secrets)


def own_limit(message: str, codes: frozenset[str]) -> FinishReason | None:
    """Return why the model could or would not answer; None for other errors."""
    if codes & OVERFLOW_CODES or OVERFLOW.search(message):
        return FinishReason.CONTEXT_OVERFLOW
    if codes & FILTER_CODES or FILTERED.search(message):
        return FinishReason.CONTENT_FILTER
    return None


def ended(reason: FinishReason, said: object, secrets: Secrets) -> Completion:
    """Return the empty completion of a request that the model could or would not answer."""
    return Completion(text="", finish_reason=reason, raw={"error": secrets.quote(said)})


def _fault(
    refusal: Refusal, message: str, codes: frozenset[str], key_advice: str, secrets: Secrets
) -> Fault:
    status = refusal.status
    quoted = secrets.quote(message)
    said = f"({status}: {quoted})" if quoted else f"({status})"

    def hopeless(text: str) -> Fault:
        return Fault(Blame.ACCOUNT, text, status=status)

    if status == 401 or (status == 400 and BAD_KEY.search(refusal.text)):
        return hopeless(f"the key was refused {said}. {key_advice}")
    if status == 402 or _is_spent(refusal, message, codes):
        return hopeless(f"the account's quota is used up {said}.")
    if status == 403:
        return hopeless(f"the key has no access to this model {said}.")
    if status == 404:
        return hopeless(f"there is no such model or address {said}.")
    if 300 <= status < 400:
        return hopeless(f"the address has moved {said}. Correct api_base.")
    if status in TIMED_OUT_STATUSES:
        text = f"a server waited in vain for the model's answer {said}."
        return Fault(Blame.MAYBE_BILLED, text, retry_after_s(refusal), status)
    if status in RETRIED_STATUSES or status >= 500:
        text = f"the server is unable to answer {said}."
        return Fault(Blame.UNBILLED, text, retry_after_s(refusal), status)
    return Fault(Blame.REQUEST, f"the request was refused {said}.", status=status)


def _is_spent(refusal: Refusal, message: str, codes: frozenset[str]) -> bool:
    if codes & SPENT_CODES:
        return True
    if refusal.status == 429:
        return SPENT_QUOTA.search(refusal.text) is not None
    return refusal.status == 400 and SPENT.search(message) is not None


def retry_after_s(refusal: Refusal) -> float | None:
    """Return the seconds to wait, from Retry-After (seconds or a date) or the body.

    The result lies between 0 and ``LONGEST_DELAY_S``; None if the answer states no such time.
    """
    stated = refusal.headers.get("retry-after")
    if stated is None:
        told = RETRY_DELAY.search(refusal.text)
        stated = told[1] if told else ""
    try:
        seconds = float(stated) if SECONDS.fullmatch(stated.strip()) else _seconds_until(stated)
    except (ValueError, OverflowError):
        return None
    return min(max(0.0, seconds), LONGEST_DELAY_S)


def _seconds_until(stated: str) -> float:
    """Return the seconds until a date. Raises ValueError or OverflowError if it is none."""
    until = parsedate_to_datetime(stated)
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return (until - datetime.now(UTC)).total_seconds()

"""What a failed attempt means: read from the status and body of an answer, alike for all servers.

Transport trouble is never the model's fault; a context that is full and a filtered answer are the
model's own doing and become completions.
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
BUSY_STATUSES = frozenset({429, 503, 529})
"""By which a server says that it is asked too much."""
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
"""Gemini's 429 for a day's quota, which no wait within a run brings back."""
BAD_KEY = re.compile(r"API key not valid|API_KEY_INVALID", re.IGNORECASE)
RETRY_DELAY = re.compile(r'"retryDelay"\s*:\s*"([0-9.]+)s"')
"""Where Gemini says how long to wait: in the body."""


class Blame(StrEnum):
    """What a failed attempt means for the request and for all others."""

    UNBILLED = "unbilled"
    """Worth trying again; nothing was bought."""
    MAYBE_BILLED = "maybe_billed"
    """Worth a few tries: the answer may have been paid for and lost on the way."""
    REQUEST = "request"
    """This request can never succeed."""
    ACCOUNT = "account"
    """No request can succeed: key, permission, model name or quota."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One failed attempt.

    ``retry_after_s``: seconds the provider asked to wait. ``status``: what was answered, None if
    nothing was. ``body``: an answer that arrived and could not be read.
    """

    blame: Blame
    text: str
    retry_after_s: float | None = None
    status: int | None = None
    body: str | None = None

    @property
    def busy(self) -> bool:
        """Whether the server asks for fewer requests at once."""
        return self.status in BUSY_STATUSES


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer with an error status; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def error(self) -> tuple[str, frozenset[str]]:
        """The message of the error and the codes it is labelled with."""
        try:
            body = json.loads(self.text)
        except ValueError:
            return self.text, frozenset()
        return error_of(body)


def error_of(body: Any) -> tuple[str, frozenset[str]]:
    """Return the message of an error body and the codes it is labelled with."""
    error = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(error, dict):
        return str(error), frozenset()
    names = ("code", "type", "error_type")
    codes = frozenset(str(error[name]) for name in names if error.get(name))
    return str(error.get("message") or error.get("detail") or ""), codes


def read_refusal(refusal: Refusal, key_advice: str, secrets: Secrets) -> Completion | Fault:
    """Return what an error status means: the model's own limit, or a fault."""
    message, codes = refusal.error
    if refusal.status in OWN_LIMIT_STATUSES and (reason := own_limit(message, codes)):
        return ended(reason, message, secrets)
    return _fault(refusal, message, codes, key_advice, secrets)


def own_limit(message: str, codes: frozenset[str]) -> FinishReason | None:
    """Return why the model could or would not answer, None if the error is of another kind."""
    if codes & OVERFLOW_CODES or OVERFLOW.search(message):
        return FinishReason.CONTEXT_OVERFLOW
    if codes & FILTER_CODES or FILTERED.search(message):
        return FinishReason.CONTENT_FILTER
    return None


def ended(reason: FinishReason, said: object, secrets: Secrets) -> Completion:
    """Return the empty completion of a question the model could or would not answer."""
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
        return hopeless(f"the key may not use this model {said}.")
    if status == 404:
        return hopeless(f"there is no such model or address {said}.")
    if 300 <= status < 400:
        return hopeless(f"the address has moved {said}. Correct api_base.")
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
    """Return the seconds a provider asks to wait: Retry-After as seconds or date, or its body."""
    stated = refusal.headers.get("retry-after")
    if stated is None:
        told = RETRY_DELAY.search(refusal.text)
        return float(told[1]) if told else None
    try:
        return max(0.0, float(stated))
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(stated)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())

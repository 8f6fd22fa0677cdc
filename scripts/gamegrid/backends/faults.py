"""Classifies failed attempts by the status and body of the answer, for all servers alike.

What a body says counts before its status: see ``error_signs.toml``.

A transport failure is never the model's fault. A full context and a filtered answer are, so they
become completions.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from gamegrid.backends.backend import Completion, FinishReason
from gamegrid.backends.error_bodies import StatedError, error_of
from gamegrid.backends.error_parameters import limit_beyond_context, refused_parameters
from gamegrid.backends.error_signs import Trouble, trouble_of
from gamegrid.backends.providers import Secrets

RETRIED_STATUSES = frozenset({408, 409, 424, 425, 429})
TIMED_OUT_STATUSES = frozenset({408, 499, 504, 520, 524, 598, 599})
"""Statuses of gateways that gave up waiting for the model. It may have answered them, for money."""
BUSY_STATUSES = frozenset({429, 498, 503, 529})
"""Statuses of an overloaded server."""
PARAMETER_STATUSES = frozenset({400, 416, 422})
"""Statuses of errors that may be about a parameter."""
RETRY_DELAY = re.compile(r'"retryDelay"\s*:\s*"([^"]*)s"')
"""Gemini states in the body how long to wait."""
SECONDS = re.compile(r"[+-]?[0-9]{1,400}(\.[0-9]{0,400})?")
LONGEST_DELAY_S = 366 * 86400.0
PAGE = re.compile(
    r"\s*(<!--.*?-->\s*)?<(!doctype html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
TITLE = re.compile(r"<title[^>]*>([^<]{1,200})</title>", re.IGNORECASE)
SENTENCES: Mapping[Trouble, tuple[str, str]] = {
    Trouble.KEY: ("the key was refused", " {key_advice}"),
    Trouble.SPENT: ("the account's quota is used up", ""),
    Trouble.ACCOUNT: ("the key has no access to this model", ""),
    Trouble.NO_MODEL: ("there is no such model or address", ""),
    Trouble.TOO_LARGE: ("this request alone exceeds the account's limit of tokens", ""),
    Trouble.STREAM_ONLY: (
        "this server sends only streams, which gamegrid does not ask for",
        " Use an address that sends whole answers, for example a proxy.",
    ),
}
"""What is wrong, and how to mend it, for trouble that no retry ends."""
NOTHING_SENT: Mapping[str, Any] = MappingProxyType({})


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
    without an answer. ``body``: an answer that could not be read. ``overloaded``: the server says
    that it is. ``parameters``: those of the request that the error is about, and ``words`` all that
    the error says of them.
    """

    blame: Blame
    text: str
    retry_after_s: float | None = None
    status: int | None = None
    body: str | None = None
    overloaded: bool = False
    parameters: tuple[str, ...] = ()
    words: str = ""

    @property
    def busy(self) -> bool:
        """Whether the server is overloaded."""
        return self.overloaded or self.status in BUSY_STATUSES


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer with an error status. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def error(self) -> StatedError:
        """The error as the server states it."""
        try:
            error = error_of(json.loads(self.text))
        except (ValueError, RecursionError):
            page = page_title(self.text)
            return StatedError(message=page or self.text, words="" if page else self.text)
        named = self.headers.get("x-amzn-errortype", "").partition(":")[0].casefold()
        return replace(error, codes=error.codes | {named}) if named else error


def page_title(text: str) -> str | None:
    """Return a sentence about a web page; None for any other text."""
    if not PAGE.match(text):
        return None
    title = TITLE.search(text)
    named = f" with the title {' '.join(title[1].split())!r}" if title else ""
    return f"a web page{named}"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is needed to interpret an error. ``sent``: the parameters of the request."""

    secrets: Secrets
    key_advice: str = ""
    sent: Mapping[str, Any] = field(default_factory=dict)

    def said(self, error: StatedError, status: int | None) -> str:
        """Return the status and the server's words, in parentheses."""
        quoted = self.secrets.quote(error.message)
        code = 200 if status is None else status
        return f"({code}: {quoted})" if quoted else f"({code})"


def read_refusal(
    refusal: Refusal,
    key_advice: str,
    secrets: Secrets,
    sent: Mapping[str, Any] = NOTHING_SENT,
) -> Completion | Fault:
    """Interpret an error status: a limit of the model becomes a completion, all else a fault."""
    error = refusal.error
    asked = Asked(secrets, key_advice, sent)
    wait_s = retry_after_s(refusal)
    found = read_error(error, refusal.status, asked, wait_s)
    return _by_status(refusal.status, error, asked, wait_s) if found is None else found


def read_error_in_answer(error: StatedError, text: str, asked: Asked) -> Completion | Fault:
    """Interpret an error in a body of status 200, as one with the status that it names.

    Work may have been done for it, so a failure of the server may be billed.
    """
    told = Refusal(error.status or 200, {}, text)
    found = read_error(error, error.status, asked, retry_after_s(told))
    if found is not None:
        return found
    status = error.status
    if status is None and refused_parameters(error, asked.sent):
        status = 400
    if status is None or status == 408 or status >= 500:
        what = f"the server answered with an error ({asked.secrets.quote(error.message)})."
        return Fault(Blame.MAYBE_BILLED, what, status=200, body=text)
    return _by_status(status, error, asked, None)


def read_error(
    error: StatedError, status: int | None, asked: Asked, wait_s: float | None
) -> Completion | Fault | None:
    """Interpret an error by its codes and words; None if they say nothing.

    ``wait_s``: how long the server asks to wait. Raises nothing.
    """
    trouble = trouble_of(status, error, waits=wait_s is not None)
    said = asked.said(error, status)
    match trouble:
        case None:
            return None
        case Trouble.FLAGGED:
            return ended(FinishReason.CONTENT_FILTER, error.message, asked.secrets)
        case Trouble.OVERFLOW if limit := limit_beyond_context(error, asked.sent):
            text = f"{limit!r} leaves no room in the context {said}."
            return Fault(Blame.REQUEST, text, None, status, parameters=(limit,), words=error.words)
        case Trouble.OVERFLOW:
            return ended(FinishReason.CONTEXT_OVERFLOW, error.message, asked.secrets)
        case Trouble.RATE | Trouble.BUSY:
            text = f"the server is unable to answer {said}."
            return Fault(Blame.UNBILLED, text, wait_s, status, overloaded=True)
        case _:
            blame = Blame.REQUEST if trouble is Trouble.TOO_LARGE else Blame.ACCOUNT
            what, advice = SENTENCES[trouble]
            advised = advice.format(key_advice=asked.key_advice)
            return Fault(blame, f"{what} {said}.{advised}".rstrip(), status=status)


def own_limit(message: str) -> FinishReason | None:
    """Return why the model could or would not answer, by a message; None for other errors."""
    match trouble_of(400, StatedError(message, message)):
        case Trouble.FLAGGED:
            return FinishReason.CONTENT_FILTER
        case Trouble.OVERFLOW:
            return FinishReason.CONTEXT_OVERFLOW
        case _:
            return None


def ended(reason: FinishReason, said: object, secrets: Secrets) -> Completion:
    """Return the empty completion of a request that the model could or would not answer."""
    return Completion(text="", finish_reason=reason, raw={"error": secrets.quote(said)})


def _by_status(status: int, error: StatedError, asked: Asked, wait_s: float | None) -> Fault:
    """Interpret an error by its status alone."""
    said = asked.said(error, status)
    if 300 <= status < 400:
        moved = f"the address has moved {said}. Correct api_base."
        return Fault(Blame.ACCOUNT, moved, status=status)
    if status in TIMED_OUT_STATUSES:
        text = f"a server waited in vain for the model's answer {said}."
        return Fault(Blame.MAYBE_BILLED, text, wait_s, status)
    if status in RETRIED_STATUSES or status >= 500:
        text = f"the server is unable to answer {said}."
        return Fault(Blame.UNBILLED, text, wait_s, status)
    about = refused_parameters(error, asked.sent) if status in PARAMETER_STATUSES else ()
    text = f"the request was refused {said}."
    return Fault(Blame.REQUEST, text, None, status, parameters=about, words=error.words)


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

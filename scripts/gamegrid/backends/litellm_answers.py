"""Reads what the LiteLLM library returns or raises, together with the answer that it translated."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from gamegrid.backends.addresses import shown
from gamegrid.backends.backend import Completion, FinishReason, Usage
from gamegrid.backends.bodies import BodyError
from gamegrid.backends.chat_answers import (
    Note,
    count_of,
    first_choice,
    is_count,
    name_of,
    parsed,
    read_body,
    reasoning_of,
    stated,
    text_of,
    unknown_reason,
)
from gamegrid.backends.error_bodies import error_in
from gamegrid.backends.exchange import Exchange
from gamegrid.backends.faults import (
    Asked,
    Blame,
    Fault,
    ended,
    own_limit,
    read_error_in_answer,
)
from gamegrid.backends.finish_reasons import Ending, ending, stated_reasons, worst
from gamegrid.backends.transport import Address

ESTIMATED_USAGE = frozenset({"replicate"})
ESTIMATED_REASONING_TOKENS = frozenset({"anthropic", "replicate"})
"""Providers for which the library estimates these counts. Estimates are discarded."""
OWN_LIMIT_STATUSES = frozenset({400, 413, 422})


class Reader:
    """Reads the answers to requests for one model. ``exceptions``: the library's module."""

    def __init__(self, address: Address, exceptions: Any, note: Note) -> None:
        self._address = address
        self._exceptions = exceptions
        self._note = note

    # Answers

    def read(
        self, response: Any, exchange: Exchange, latency_s: float, sent: Mapping[str, Any]
    ) -> Completion | Fault:
        """Return the completion in a response of the library, or a fault if there is none."""
        secrets = self._address.secrets
        delivered = json.dumps(response.model_dump(), default=str)
        raw = json.loads(secrets.scrub_answer(delivered))
        told = None if exchange.status is None else secrets.scrub_answer(exchange.text)

        def lost(what: str) -> Fault:
            return Fault(Blame.MAYBE_BILLED, what, status=200, body=told)

        native = None if told is None else parsed(told)
        if told is not None and (error := error_in(native)) is not None:
            return read_error_in_answer(error, told, self._asked(sent))
        choice = first_choice(raw)
        if choice is None or _lacks_choices(native):
            return lost("the answer has no choices.")
        message = choice["message"]
        end, word = _ending(native, choice, tool_asked="response_format" in sent)
        if end is Ending.BROKEN_OFF:
            return lost(f"the server broke off its answer ({secrets.quote(word)}).")
        if end is Ending.UNKNOWN:
            self._note(unknown_reason(secrets.quote(word)))
        refusal = (message.get("provider_specific_fields") or {}).get("refusal")
        text = text_of(message.get("content")) or (refusal if isinstance(refusal, str) else "")
        counts = native.get("usage") if isinstance(native, dict) and "choices" in native else None
        usage = self._usage(raw.get("usage") or {}, counts, text)
        if usage == Usage():
            raw["usage"] = None  # zeros or estimates of the library
        return Completion(
            text=text,
            finish_reason=FinishReason.REFUSED if refusal else end.finish_reason,
            reasoning=reasoning_of(message),
            model_served=name_of(raw, "model", self._note),
            fingerprint=name_of(raw, "system_fingerprint", self._note),
            usage=usage,
            latency_s=latency_s,
            raw=raw,
        )

    def _usage(self, stated: Mapping[str, Any], native: object, text: str) -> Usage:
        """Return the token counts. The library reports 0 if the provider stated none.

        ``native`` are the counts of an answer in OpenAI's format. The library takes a text or a
        truth value among them for a number.
        """
        provider, note = self._address.provider, self._note
        if provider in ESTIMATED_USAGE:
            return Usage()
        if isinstance(native, dict):
            stated = _with_nonsense(stated, native)
        prompt_tokens = count_of(stated, "prompt_tokens", note) or None
        completion_tokens = count_of(stated, "completion_tokens", note)
        if not completion_tokens and (text or prompt_tokens is None):
            completion_tokens = None
        beyond = (count_of(stated, "total_tokens", note) or 0) - (prompt_tokens or 0)
        if prompt_tokens and completion_tokens is not None and beyond > completion_tokens:
            completion_tokens = beyond  # the count omits reasoning before a filter
        reasoning = count_of(stated.get("completion_tokens_details"), "reasoning_tokens", note)
        return Usage(
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            reasoning_tokens=None if provider in ESTIMATED_REASONING_TOKENS else reasoning,
            cached_tokens=count_of(stated.get("prompt_tokens_details"), "cached_tokens", note),
        )

    # Errors

    def read_error(
        self, error: Exception, exchange: Exchange, latency_s: float, sent: Mapping[str, Any]
    ) -> Completion | Fault:
        """Interpret a failed call: a limit of the model becomes a completion, all else a fault.

        The library's own classes of errors hide statuses and codes, so the answer counts first.
        """
        if exchange.refused:
            return self._refused(error, exchange, sent)
        if exchange.whole:
            return self._untranslated(error, exchange, latency_s, sent)
        failure = self._unanswered(error, exchange)
        if isinstance(failure, Completion):
            return failure
        return exchange.broken(failure, self._address, sent)

    def _refused(
        self, error: Exception, exchange: Exchange, sent: Mapping[str, Any]
    ) -> Completion | Fault:
        """Interpret a call that was answered with an error status."""
        outcome = exchange.refusal(self._address, sent)
        unexplained = isinstance(outcome, Fault) and not outcome.parameters
        if unexplained and exchange.status in OWN_LIMIT_STATUSES:
            return self._limit(error) or outcome
        return outcome

    def _untranslated(
        self, error: Exception, exchange: Exchange, latency_s: float, sent: Mapping[str, Any]
    ) -> Completion | Fault:
        """Read an answer that the library could not translate, as far as it is readable."""
        secrets = self._address.secrets
        told = secrets.scrub_answer(exchange.text)
        asked = self._asked(sent)
        found = read_body(told, latency_s, secrets, asked=asked, note=self._note)
        if isinstance(found, Completion) or found.blame is not Blame.MAYBE_BILLED:
            return found
        if (stated_error := error_in(parsed(told))) is not None:
            return read_error_in_answer(stated_error, told, asked)
        cause = _plainest(tuple(_causes(error)))
        what = f"the answer is unreadable ({type(cause).__name__}: {secrets.quote(cause)})."
        return Fault(Blame.MAYBE_BILLED, what, status=exchange.status, body=told)

    def _limit(self, error: Exception) -> Completion | None:
        """Return the completion of a limit of the model that only the library knows."""
        if isinstance(error, self._exceptions.ContextWindowExceededError):
            return ended(FinishReason.CONTEXT_OVERFLOW, error, self._address.secrets)
        if isinstance(error, self._exceptions.ContentPolicyViolationError):
            return ended(FinishReason.CONTENT_FILTER, error, self._address.secrets)
        return None

    def _unanswered(self, error: Exception, exchange: Exchange) -> Completion | Fault:
        """Interpret a call that failed before a whole answer arrived."""
        secrets, exceptions = self._address.secrets, self._exceptions
        causes = tuple(_causes(exchange.failure or error))
        if limit := next((cause for cause in causes if isinstance(cause, BodyError)), None):
            return Fault(Blame.MAYBE_BILLED, f"the answer {limit}.")
        if exchange.status is None:
            if (ending := self._limit(error)) is not None:
                return ending
            refused = isinstance(error, exceptions.BadRequestError)
            if refused and (reason := own_limit(str(error))):
                return ended(reason, error, secrets)
            if isinstance(error, exceptions.UnsupportedParamsError):
                return Fault(Blame.REQUEST, secrets.quote(error))
            if isinstance(error, exceptions.AuthenticationError):
                return Fault(Blame.ACCOUNT, f"{secrets.quote(error)} {self._address.key_advice}")
            if _is_unsent(causes):
                api_base = self._address.entry.api_base
                where = "the provider" if api_base is None else shown(api_base)
                return Fault(Blame.UNBILLED, f"no connection to {where}.")
        cause = _plainest(causes)
        said = f"{type(cause).__name__}: {secrets.quote(cause)}"
        if not exchange.sent:
            return Fault(Blame.REQUEST, f"the LiteLLM library could not send it ({said}).")
        return Fault(Blame.MAYBE_BILLED, f"the answer was lost or unreadable ({said}).")

    def _asked(self, sent: Mapping[str, Any]) -> Asked:
        return Asked(self._address.secrets, self._address.key_advice, sent)


def _with_nonsense(counts: Mapping[str, Any], native: Mapping[str, Any]) -> dict[str, Any]:
    """Return the library's counts, with the provider's own where these make no sense."""
    mixed = dict(counts)
    for name, value in native.items():
        inner = counts.get(name)
        if isinstance(value, dict) and isinstance(inner, dict):
            mixed[name] = _with_nonsense(inner, value)
        elif name in counts and value and not is_count(value):
            mixed[name] = value
    return mixed


def _lacks_choices(native: Any) -> bool:
    """Return whether an answer in OpenAI's format has no reply, which the library makes up."""
    return (
        isinstance(native, dict)
        and "choices" in native
        and first_choice(native) is None
        and worst(map(ending, stated_reasons(native))) is Ending.UNSTATED
    )


def _ending(native: Any, choice: Mapping[str, Any], *, tool_asked: bool) -> tuple[Ending, str]:
    """Return why a reply ended, and the word for it.

    The provider's word counts: the library turns those it does not know into ``stop``. But to
    obtain a format, it may have added a tool and turned its call into text (``tool_asked``).
    """
    fields = choice.get("provider_specific_fields")
    hidden = fields.get("native_finish_reason") if isinstance(fields, Mapping) else None
    reasons = [*stated_reasons(native), hidden]
    end = worst(ending(reason) for reason in reasons)
    translated = choice.get("finish_reason")
    if end is Ending.UNSTATED or (end is Ending.TOOL_CALLS and tool_asked):
        return ending(translated), str(translated)
    if end is Ending.STOP and ending(translated) is Ending.TOOL_CALLS:
        return Ending.TOOL_CALLS, str(translated)
    return end, stated(reasons, end)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and its causes, outermost first."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def _is_unsent(causes: tuple[BaseException, ...]) -> bool:
    """Return whether no connection was made, as opposed to one lost during a request."""
    import httpx
    from aiohttp import ClientConnectorError, ClientOSError

    # The library also reports a reset connection as one that was not made.
    broken = (c for c in causes if isinstance(c, ClientOSError))
    if any(not isinstance(cause, ClientConnectorError) for cause in broken):
        return False
    unsent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
    return any(isinstance(cause, unsent) for cause in causes)


def _plainest(causes: tuple[BaseException, ...]) -> BaseException:
    """Return the first cause that is not a client library's wrapper, else the outermost."""
    wrappers = ("litellm", "openai")
    named = (c for c in causes if type(c).__module__.split(".")[0] not in wrappers)
    return next(named, causes[0])

"""What one attempt has received, and what it means if the answer cannot be read.

Whatever a server sends, and wherever it breaks off, an attempt ends in a completion or a fault.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gamegrid.backends.backend import Completion
from gamegrid.backends.bodies import LONGEST_KEPT, Body
from gamegrid.backends.faults import NOTHING_SENT, Blame, Fault, Refusal, read_refusal
from gamegrid.backends.transport import Address

LONGEST_KEY = 8192
WITHHELD = "the body held a key in pieces"
"""Stands in the journal for such a body."""


class Resent(Exception):
    """A library tried to repeat a request on its own."""


@dataclass(slots=True)
class Exchange:
    """One attempt's answer as far as it has arrived. Header names are in lower case."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body | None = None
    whole: bool = False
    """Whether the body has arrived as far as it is wanted."""
    failure: Exception | None = None
    """The first error of the HTTP client, if any."""
    sent: set[str] = field(default_factory=set)
    """The requests that a library has begun to send, by method and address."""

    def ask(self, method: str, address: str) -> None:
        """Note that a library sends a request, and forget the answer to the one before it.

        Raises Resent if it has sent this one already: only ``retry`` may repeat a request.
        """
        request = f"{method} {address}"
        if method != "GET" and request in self.sent:
            raise Resent
        self.sent.add(request)
        self.status, self.body, self.whole, self.failure = None, None, False, None

    def begin(self, status: int, headers: Mapping[str, str]) -> Body:
        """Note the head of an answer and return its empty body."""
        self.status = status
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.body = Body(status, self.headers.get("content-encoding"))
        return self.body

    def end(self) -> None:
        """Note that the body is complete. Raises BodyError for one that cannot be decoded."""
        assert self.body is not None
        self.body.end()
        self.whole = True

    @property
    def text(self) -> str:
        """The body as far as it has arrived."""
        return "" if self.body is None else self.body.text

    @property
    def refused(self) -> bool:
        """Whether the status is one of an error or of a redirection."""
        return self.status is not None and self.status >= 300

    def refusal(
        self, address: Address, sent: Mapping[str, Any] = NOTHING_SENT
    ) -> Completion | Fault:
        """Interpret an answer with the status of an error or of a redirection.

        ``sent`` holds the parameters of the request, one of which may be refused.
        """
        assert self.status is not None
        refusal = Refusal(self.status, self.headers, address.secrets.scrub_answer(self.text))
        refused = self.understood(
            lambda: read_refusal(refusal, address.key_advice, address.secrets, sent), address
        )
        if isinstance(refused, Fault) and self.status >= 400 and not self.whole:
            # Half an error does not say what is wrong, and the server may have done the work.
            # The head of a redirection says all: its body is never read.
            what = f"the server broke off its answer ({self.status})."
            return Fault(Blame.MAYBE_BILLED, what, refused.retry_after_s, self.status)
        return refused

    def broken(
        self, fault: Fault, address: Address, sent: Mapping[str, Any] = NOTHING_SENT
    ) -> Completion | Fault:
        """Interpret an answer that was not read to its end, or not understood."""
        if self.refused:
            return self.refusal(address, sent)
        return replace(fault, status=self.status, body=self.kept(address))

    def understood(
        self, read: Callable[[], Completion | Fault], address: Address
    ) -> Completion | Fault:
        """Return what ``read`` makes of the answer, or the fault of an unreadable one."""
        try:
            return _without_keys(read(), address)
        except Exception as error:
            # Nothing that a server writes may stop a job, and this answer may be paid for.
            what = f"the answer is unreadable ({type(error).__name__})."
            return Fault(Blame.MAYBE_BILLED, what, status=self.status, body=self.kept(address))

    def kept(self, address: Address) -> str | None:
        """Return what to keep of an unreadable answer; None if nothing has arrived."""
        # A key at the place of the cut must be whole to be found.
        begin = self.text[: LONGEST_KEPT + LONGEST_KEY]
        return address.secrets.scrub_answer(begin)[:LONGEST_KEPT] or None


def _without_keys(outcome: Completion | Fault, address: Address) -> Completion | Fault:
    """Return the outcome with every key removed that only its decoded texts show.

    A body may hold a key in pieces, as the parts of a message, which only the text puts together.
    """
    if isinstance(outcome, Fault):
        return outcome
    scrub = address.secrets.scrub_answer

    def clean(said: str | None) -> str | None:
        return scrub(said) if isinstance(said, str) else said

    said = (outcome.text, outcome.reasoning, outcome.model_served, outcome.fingerprint)
    cleaned = (scrub(said[0]), *map(clean, said[1:]))
    if cleaned == said:
        return outcome
    _, reasoning, model_served, fingerprint = cleaned
    return replace(
        outcome,
        text=scrub(outcome.text),
        reasoning=reasoning,
        model_served=model_served,
        fingerprint=fingerprint,
        raw={"withheld": WITHHELD},
    )

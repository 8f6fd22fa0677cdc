"""Providers' request and response formats: one question and answer in three HTTP interfaces.

They mimic OpenAI's chat completions, Anthropic's Messages and Gemini's generateContent, as far as
gamegrid uses them. Field names are those of the providers' public references.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property
from typing import Any, Protocol

Body = dict[str, Any]


class End(Enum):
    """Why an answer ended."""

    STOP = auto()
    LENGTH = auto()
    FILTER = auto()
    OTHER_LENGTH = auto()
    """A limit in another provider's word."""
    OTHER_FILTER = auto()
    """A filter in another provider's word."""
    TOOLS = auto()
    UNKNOWN = auto()
    """A word that no document has."""
    BROKEN = auto()
    """The server failed while it wrote."""
    OBJECT = auto()
    """A complete answer, stated as an object where the interface allows for one."""


class Refusal(Enum):
    """Why a provider returned an error instead of an answer."""

    RATE_LIMIT = auto()
    SERVER_ERROR = auto()
    BAD_GATEWAY = auto()
    UNAVAILABLE = auto()
    OVERLOADED = auto()
    BAD_KEY = auto()
    NO_MODEL = auto()
    NO_QUOTA = auto()
    CAPACITY = auto()
    FILTERED = auto()
    FLAGGED = auto()
    """The prompt was flagged, in the words and with the status of a refused key."""
    OVERFLOW = auto()
    FULL = auto()
    """The prompt does not fit the context, with the status of a failure."""


@dataclass(frozen=True)
class Question:
    """A question in any format; equal digests mean the same question."""

    model: str
    messages: tuple[tuple[str, str], ...]
    seed: int | None

    @cached_property
    def digest(self) -> str:
        """SHA-256 of model, messages and sampling seed."""
        text = json.dumps([self.model, self.messages, self.seed])
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def prompt(self) -> str:
        """The user's last message."""
        return next((text for role, text in reversed(self.messages) if role == "user"), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer. ``text`` None means no content at all; ``usage`` False omits token counts.

    ``whole`` False omits the field that holds the answers (choices, content, candidates).
    """

    id: str
    model: str
    text: str | None
    asked_tokens: int
    reasoning: str | None = None
    end: End = End.STOP
    usage: bool = True
    odd_usage: bool = False
    """Whether to state counts that make no sense, where the interface is tested for it."""
    whole: bool = True

    @property
    def said_tokens(self) -> int:
        """A rough token count of the reply: four characters per token."""
        return tokens(self.text or "")

    @property
    def thought_tokens(self) -> int:
        """A rough token count of the reasoning: four characters per token."""
        return tokens(self.reasoning or "")


class Form(Protocol):
    """One provider's interface."""

    def question(self, path: str, body: Body) -> Question:
        """Parse a request."""

    def answer(self, answer: Answer) -> Body:
        """Return the body of a successful answer (status 200)."""

    def refusal(self, why: Refusal, message: str) -> tuple[int, Body]:
        """Return status and body of an error."""


def tokens(text: str) -> int:
    """Return a rough token count: four characters per token, rounded up."""
    return -(-len(text) // 4)


def _text(content: Any) -> str:
    """Return a message's text, which clients send as a string or as a list of parts."""
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content or ())


class OpenAi:
    """POST …/chat/completions."""

    REFUSALS: Mapping[Refusal, tuple[int, str]] = {
        Refusal.RATE_LIMIT: (429, "rate_limit_exceeded"),
        Refusal.SERVER_ERROR: (500, "server_error"),
        Refusal.BAD_GATEWAY: (502, "bad_gateway"),
        Refusal.UNAVAILABLE: (503, "service_unavailable"),
        Refusal.OVERLOADED: (529, "overloaded"),
        Refusal.BAD_KEY: (401, "invalid_api_key"),
        Refusal.NO_MODEL: (404, "model_not_found"),
        Refusal.NO_QUOTA: (429, "insufficient_quota"),
        Refusal.FILTERED: (400, "content_filter"),
        Refusal.CAPACITY: (498, "capacity_exceeded"),
        Refusal.FLAGGED: (403, "content_policy_violation"),
        Refusal.OVERFLOW: (400, "context_length_exceeded"),
        Refusal.FULL: (500, "exceed_context_size_error"),
    }
    ENDS: Mapping[End, Any] = {
        End.STOP: "stop",
        End.LENGTH: "length",
        End.FILTER: "content_filter",
        End.OTHER_LENGTH: "model_length",
        End.OTHER_FILTER: "sensitive",
        End.TOOLS: "tool_calls",
        End.UNKNOWN: "gone_fishing",
        End.BROKEN: "network_error",
        End.OBJECT: {"type": "stop", "matched": 2},
    }

    def question(self, path: str, body: Body) -> Question:
        said = tuple((m["role"], _text(m.get("content"))) for m in body["messages"])
        return Question(body["model"], said, body.get("seed"))

    def answer(self, answer: Answer) -> Body:
        message: Body = {"role": "assistant", "content": answer.text}
        if answer.reasoning is not None:
            message["reasoning_content"] = answer.reasoning
        choice = {"index": 0, "message": message, "finish_reason": self.ENDS[answer.end]}
        body: Body = {
            "id": answer.id,
            "object": "chat.completion",
            "created": 0,
            "model": answer.model,
            "choices": [choice] if answer.whole else [],
        }
        if answer.usage:
            said = answer.said_tokens + answer.thought_tokens
            body["usage"] = {
                "prompt_tokens": answer.asked_tokens,
                "completion_tokens": said,
                "total_tokens": answer.asked_tokens + said,
                "prompt_tokens_details": {"cached_tokens": 1},
                "completion_tokens_details": {"reasoning_tokens": answer.thought_tokens},
            }
        if answer.odd_usage:
            body["usage"] = {"prompt_tokens": 2**64 - 1, "completion_tokens": -1}
        return body

    def refusal(self, why: Refusal, message: str) -> tuple[int, Body]:
        status, code = self.REFUSALS[why]
        return status, {"error": {"message": message, "type": code, "param": None, "code": code}}


class Anthropic:
    """POST …/v1/messages."""

    REFUSALS: Mapping[Refusal, tuple[int, str, str]] = {
        Refusal.RATE_LIMIT: (429, "rate_limit_error", "This request would exceed your rate limit."),
        Refusal.SERVER_ERROR: (500, "api_error", "Internal server error"),
        Refusal.BAD_GATEWAY: (502, "api_error", "Bad gateway"),
        Refusal.UNAVAILABLE: (503, "api_error", "Service unavailable"),
        Refusal.OVERLOADED: (529, "overloaded_error", "Overloaded"),
        Refusal.BAD_KEY: (401, "authentication_error", "invalid x-api-key"),
        Refusal.NO_MODEL: (404, "not_found_error", "model: claude-x"),
        Refusal.NO_QUOTA: (
            400,
            "invalid_request_error",
            "Your credit balance is too low to access the Anthropic API.",
        ),
        Refusal.CAPACITY: (529, "overloaded_error", "Overloaded"),
        Refusal.FILTERED: (
            400,
            "invalid_request_error",
            "Output blocked by content filtering policy",
        ),
        Refusal.FLAGGED: (403, "permission_error", "Your prompt was flagged by moderation."),
        Refusal.OVERFLOW: (
            400,
            "invalid_request_error",
            "prompt is too long: 210000 tokens > 200000 maximum",
        ),
        Refusal.FULL: (500, "api_error", "prompt is too long: 210000 tokens > 200000 maximum"),
    }
    ENDS: Mapping[End, str] = {
        End.STOP: "end_turn",
        End.LENGTH: "max_tokens",
        End.FILTER: "refusal",
        End.OTHER_LENGTH: "model_context_window_exceeded",
        End.OTHER_FILTER: "refusal",
        End.TOOLS: "pause_turn",
        End.UNKNOWN: "gone_fishing",
        End.BROKEN: "error",
        End.OBJECT: "end_turn",
    }

    def question(self, path: str, body: Body) -> Question:
        system = _text(body.get("system"))
        said = tuple((m["role"], _text(m["content"])) for m in body["messages"])
        return Question(body["model"], (("system", system), *said) if system else said, None)

    def answer(self, answer: Answer) -> Body:
        blocks: list[Body] = []
        if answer.reasoning is not None:
            blocks.append({"type": "thinking", "thinking": answer.reasoning, "signature": "s"})
        if answer.text is not None:
            blocks.append({"type": "text", "text": answer.text})
        body: Body = {
            "id": answer.id,
            "type": "message",
            "role": "assistant",
            "model": answer.model,
            "stop_reason": self.ENDS[answer.end],
            "stop_sequence": None,
        }
        if answer.whole:
            body["content"] = blocks
        if answer.usage:
            body["usage"] = {
                "input_tokens": answer.asked_tokens,
                "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": 1,
                "output_tokens": answer.said_tokens + answer.thought_tokens,
            }
        return body

    def refusal(self, why: Refusal, message: str) -> tuple[int, Body]:
        status, kind, own = self.REFUSALS[why]
        error = {"type": kind, "message": f"{own} {message}".strip()}
        return status, {"type": "error", "error": error, "request_id": "req_1"}


class Gemini:
    """POST …/models/MODEL:generateContent."""

    REFUSALS: Mapping[Refusal, tuple[int, str, str]] = {
        Refusal.RATE_LIMIT: (429, "RESOURCE_EXHAUSTED", "Resource has been exhausted."),
        Refusal.SERVER_ERROR: (500, "INTERNAL", "An internal error has occurred."),
        Refusal.BAD_GATEWAY: (502, "UNKNOWN", "Bad gateway."),
        Refusal.UNAVAILABLE: (503, "UNAVAILABLE", "The model is overloaded."),
        Refusal.OVERLOADED: (503, "UNAVAILABLE", "The model is overloaded."),
        Refusal.BAD_KEY: (
            400,
            "INVALID_ARGUMENT",
            "API key not valid. Please pass a valid API key.",
        ),
        Refusal.NO_MODEL: (404, "NOT_FOUND", "models/x is not found for API version v1beta."),
        # Gemini has no specific error for exhausted credit; a disabled project comes closest.
        Refusal.NO_QUOTA: (403, "PERMISSION_DENIED", "Billing is disabled for this project."),
        Refusal.OVERFLOW: (
            400,
            "INVALID_ARGUMENT",
            "The input token count (1048600) exceeds the maximum number of tokens allowed "
            "(1048576).",
        ),
        Refusal.CAPACITY: (503, "UNAVAILABLE", "The model is overloaded."),
        Refusal.FLAGGED: (403, "PERMISSION_DENIED", "The prompt was blocked by a safety filter."),
        Refusal.FULL: (
            500,
            "INTERNAL",
            "The maximum context length of 9 is exceeded.",
        ),
    }
    ENDS: Mapping[End, str] = {
        End.STOP: "STOP",
        End.LENGTH: "MAX_TOKENS",
        End.FILTER: "SAFETY",
        End.OTHER_LENGTH: "MAX_TOKENS",
        End.OTHER_FILTER: "RECITATION",
        End.TOOLS: "MAX_TOKENS",
        End.UNKNOWN: "GONE_FISHING",
        End.BROKEN: "MALFORMED_RESPONSE",
        End.OBJECT: "STOP",
    }

    def question(self, path: str, body: Body) -> Question:
        system = _text((body.get("system_instruction") or {}).get("parts"))
        said = tuple(
            ("assistant" if c.get("role") == "model" else "user", _text(c["parts"]))
            for c in body["contents"]
        )
        model = path.rpartition("/")[2].partition(":")[0]
        seed = (body.get("generationConfig") or {}).get("seed")
        return Question(model, (("system", system), *said) if system else said, seed)

    def answer(self, answer: Answer) -> Body:
        parts: list[Body] = []
        if answer.reasoning is not None:
            parts.append({"text": answer.reasoning, "thought": True})
        if answer.text is not None:
            parts.append({"text": answer.text})
        candidate: Body = {"index": 0, "finishReason": self.ENDS[answer.end]}
        if parts:
            candidate["content"] = {"role": "model", "parts": parts}
        body: Body = {"responseId": answer.id, "modelVersion": answer.model}
        if answer.whole:
            body["candidates"] = [candidate]
        if answer.usage:
            said, thought = answer.said_tokens, answer.thought_tokens
            body["usageMetadata"] = {
                "promptTokenCount": answer.asked_tokens,
                "cachedContentTokenCount": 1,
                "candidatesTokenCount": said,
                "thoughtsTokenCount": thought,
                "totalTokenCount": answer.asked_tokens + said + thought,
            }
        return body

    def refusal(self, why: Refusal, message: str) -> tuple[int, Body]:
        if why is Refusal.FILTERED:
            blocked = {"blockReason": "SAFETY", "safetyRatings": []}
            return 200, {
                "promptFeedback": blocked,
                "usageMetadata": {"promptTokenCount": 9, "totalTokenCount": 9},
                "modelVersion": "x",
                "responseId": "blocked",
            }
        code, status, own = self.REFUSALS[why]
        error = {"code": code, "message": f"{own} {message}".strip(), "status": status}
        return code, {"error": error}


def form_of(path: str) -> Form | None:
    """Return the interface that serves a path; None if there is none."""
    if path.endswith("/chat/completions"):
        return OpenAi()
    if path.endswith("/messages"):
        return Anthropic()
    if path.endswith(":generateContent"):
        return Gemini()
    return None

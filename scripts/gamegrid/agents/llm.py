"""llm: a language model that is asked in words. Only a move that its reply states is its own."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, Self, assert_never

from pydantic import Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from gamegrid.agents.agent import AgentKind, AgentSettings, Ask, Decision, Tools, Traits, Turn
from gamegrid.backends.backend import (
    Completion,
    Decode,
    FinishReason,
    Message,
    RecordedCompletion,
    Request,
    Sampling,
)
from gamegrid.games.game import Game
from gamegrid.luck import Place
from gamegrid.prompts import templates
from gamegrid.prompts.parsed import Parsed
from gamegrid.prompts.templates import Template, TurnContext
from gamegrid.quick_json import quoted
from gamegrid.records.record_types import CallRecord, DecisionStatus, Failure

if TYPE_CHECKING:
    from gamegrid.prompts.spelling import Spellings

NOTHING = "(empty reply)"
"""Replaces an empty reply in the conversation, because providers refuse empty messages."""


class LlmSettings(AgentSettings):
    """How a model is asked. A sampling key left out is not sent."""

    type: Literal["llm"] = "llm"
    model: str = Field(
        description="litellm_<provider>/<model> (without a provider: openai), hf_<hub id or name>, "
        "vllm_<name>"
    )
    temperature: float | None = Field(
        default=None, ge=0, allow_inf_nan=False, description="of sampling; 0 is the likeliest"
    )
    top_p: float | None = Field(
        default=None, gt=0, le=1, description="share of likelihood that is sampled from"
    )
    max_tokens: int | None = Field(default=None, ge=1, description="new tokens of a reply")
    reasoning_effort: str | None = Field(
        default=None, description="how long a hosted model thinks, in its provider's words"
    )
    thinking_budget: int | None = Field(
        default=None, ge=0, description="tokens of thinking, where the provider has such a limit"
    )
    system: str | None = Field(default=None, description="text of a system message")
    prompt: str = Field(
        default="default",
        description="template in config/prompts/ (of the working directory first)",
    )
    memory: Literal["none", "chat"] = Field(
        default="none", description="each turn alone, or the episode as one conversation"
    )
    rethink: int = Field(
        default=1, ge=0, description="further attempts when a reply gives no legal move"
    )
    fallback: Literal["random", "forfeit"] = Field(
        default="random", description="then a random legal move, flagged, or the game is forfeited"
    )
    shuffle_labels: bool = Field(
        default=False, description="show the legal moves in a seeded random order"
    )
    extra_body: dict[str, JsonValue] | None = Field(
        default=None, description="further keys of the request to a server"
    )
    chat_template_kwargs: dict[str, JsonValue] | None = Field(
        default=None, description="what a local model's chat template is given"
    )
    # At their defaults, these keys are no part of an agent's identity: the first grids lacked them.
    legal_moves: Literal["listed", "hidden"] = Field(
        default="listed",
        exclude_if=lambda value: value == "listed",
        description="whether the prompt lists the legal moves, or leaves them to be found",
    )
    decode: Literal["generate", "constrained", "score"] = Field(
        default="generate",
        exclude_if=lambda value: value == "generate",
        description="how the move is found: generate, the model's own words, parsed; constrained, "
        "its words held to the legal moves; score (hf_ and vllm_ models), the likelihood of each "
        "legal move as a whole reply Action: <move>, the likeliest at temperature 0 or none, else "
        "drawn with weights of 1/temperature. Legality is reported for generate alone",
    )
    deterministic: bool = Field(
        default=False,
        exclude_if=lambda value: not value,
        description="hf_ and vllm_ models: one request at a time (hf_: in full precision and one "
        "thread), so that a rerun on the same machine gives equal replies; slow",
    )

    def sampling(self, seed: int | None) -> Sampling:
        """Return the sampling settings of a request."""
        return Sampling(
            temperature=self.temperature,
            top_p=self.top_p,
            max_tokens=self.max_tokens,
            seed=seed,
            reasoning_effort=self.reasoning_effort,
            thinking_budget=self.thinking_budget,
            extra_body=self.extra_body,
            chat_template_kwargs=self.chat_template_kwargs,
        )

    @model_validator(mode="after")
    def _score_samples_nothing(self) -> Self:
        for key in ("top_p", "max_tokens"):
            if self.decode == "score" and getattr(self, key) is not None:
                raise PydanticCustomError(
                    "agent", "{key} has no meaning with decode: score; remove it", {"key": key}
                )
        return self


@dataclass(frozen=True, slots=True)
class LlmAgent:
    """A model with its settings, ready to play."""

    name: str
    settings: LlmSettings
    template: Template
    ask: Ask

    def sit(self, place: Place) -> "LlmPlayer":
        """Return a player without memory of other episodes."""
        return LlmPlayer(self, place)


@dataclass(slots=True)
class LlmPlayer:
    """One seat of one episode; ``talk`` is the conversation so far (memory: chat)."""

    agent: LlmAgent
    place: Place
    talk: list[Message] = field(default_factory=list)

    async def decide(self, turn: Turn) -> Decision:
        """Ask until a reply has a legal move, at most 1 + ``rethink`` times; else give up."""
        settings = self.agent.settings
        seen = _observe(turn, settings)
        said = [*self._before(), self._question(seen)]
        calls: list[CallRecord] = []
        parsed = Parsed(None, Failure.EMPTY, None)
        for attempt in range(1 + settings.rethink):
            if attempt:
                failure = _told(parsed.failure or Failure.UNPARSABLE)
                said.append(Message("user", self.agent.template.rethink(seen, failure)))
            request = self._request(turn, attempt, said)
            answer = await self.agent.ask(self.place, turn.ply, attempt, request)
            parsed = _read(turn, settings, answer.completion)
            calls.append(_call(turn, attempt, settings, said, answer, parsed))
            said.append(Message("assistant", _spoken(calls[-1])))
            if parsed.label is not None:
                break
        if settings.memory == "chat":
            self.talk = said
        return _decision(turn, settings, parsed, tuple(calls))

    def _before(self) -> list[Message]:
        if self.talk:
            return self.talk
        system = self.agent.settings.system
        return [Message("system", system)] if system else []

    def _question(self, seen: TurnContext) -> Message:
        template = self.agent.template
        text = template.state(seen) if self.talk else template.first(seen)
        return Message("user", text)

    def _request(self, turn: Turn, attempt: int, said: Sequence[Message]) -> Request:
        settings = self.agent.settings
        sampling = settings.sampling(self.place.request_seed(turn.ply, attempt, self.agent.name))
        decode = Decode(settings.decode)
        if decode is Decode.SCORE:
            # Likelihoods are the same at every temperature and seed: the draw is made here.
            sampling = replace(sampling, temperature=None, seed=None)
        return Request(
            model=settings.model,
            messages=tuple(said),
            sampling=sampling,
            decode=decode,
            choices=None if decode is Decode.GENERATE else turn.labels,
        )


def _observe(turn: Turn, settings: LlmSettings) -> TurnContext:
    labels = [] if settings.legal_moves == "hidden" else list(turn.labels)
    if settings.shuffle_labels:
        turn.draw("shuffle_labels").shuffle(labels)
    return TurnContext(
        game=turn.game,
        seat=turn.place.seat,
        observation=turn.observation(),
        history=turn.history(),
        labels=tuple(labels),
    )


def _read(turn: Turn, settings: LlmSettings, completion: Completion) -> Parsed:
    """Find the move in a reply, depending on how the agent decides."""
    match Decode(settings.decode):
        case Decode.GENERATE:
            return _parse(completion, turn.labels, turn.spellings)
        case Decode.CONSTRAINED:
            return _read_held(completion, turn.labels, turn.spellings)
        case Decode.SCORE:
            if completion.likelihoods is None:  # the choices did not fit the model's context
                return _parse(completion, turn.labels, turn.spellings)
            label = _choose(turn, settings.temperature or 0.0, completion.likelihoods)
            return Parsed(label, None, None)
        case other:
            assert_never(other)


def _read_held(
    completion: Completion, labels: Sequence[str], spellings: "Spellings | None"
) -> Parsed:
    """Find the move in a reply that was held to the labels.

    A complete answer counts whatever follows it: some servers close the answer and then write
    spaces up to the limit, because their grammar allows these.
    """
    from gamegrid.prompts.held_answers import is_complete, was_held

    said = completion.text.strip()
    whole = completion.finish_reason is FinishReason.STOP
    if whole and said in labels:
        return Parsed(said, None, completion.reasoning)
    cut = completion.finish_reason is FinishReason.LENGTH
    if cut and was_held(completion.sent) and is_complete(completion.text, labels):
        return _read_held(replace(completion, finish_reason=FinishReason.STOP), labels, spellings)
    return _parse(completion, labels, spellings)


def _parse(
    completion: Completion, labels: Sequence[str], spellings: "Spellings | None" = None
) -> Parsed:
    """Parse a reply. Reasoning that the provider delivers comes before that in the reply."""
    # All processes of a grid load this module; only those that play need the parser's patterns.
    from gamegrid.prompts.parser import parse

    parsed = parse(completion.text, completion.finish_reason, labels, spellings)
    if not completion.reasoning:
        return parsed
    thoughts = [text for text in (completion.reasoning, parsed.reasoning) if text]
    return replace(parsed, reasoning="\n\n".join(thoughts))


def _choose(turn: Turn, temperature: float, likelihoods: Mapping[str, float]) -> str:
    """Take the likeliest label, the first among equals, or draw one with the turn's luck.

    At temperature t a label's weight is its likelihood to the power of 1/t.
    """
    values = [likelihoods[label] for label in turn.labels]
    best = max(values)
    if temperature == 0:
        return turn.labels[values.index(best)]
    weights = [math.exp((value - best) / temperature) for value in values]
    return turn.draw("score").choices(turn.labels, weights)[0]


def _told(failure: Failure) -> str:
    """Return what a template is told of a failure. Both ways to run out of room ask for brevity."""
    return (Failure.TRUNCATED if failure is Failure.CONTEXT_OVERFLOW else failure).value


def _spoken(call: CallRecord) -> str:
    """Return a reply as the conversation shows it: a scored one in words, too."""
    if call.likelihoods is not None:
        return f"Action: {call.reply}"
    return call.reply or NOTHING


def _decision(
    turn: Turn, settings: LlmSettings, parsed: Parsed, calls: tuple[CallRecord, ...]
) -> Decision:
    if parsed.label is not None:
        status = DecisionStatus.OK if len(calls) == 1 else DecisionStatus.RETHOUGHT
        action = turn.legal[turn.labels.index(parsed.label)]
        return Decision(action=action, status=status, reasoning=parsed.reasoning, calls=calls)
    # The reasoning of a failed reply did not lead to the move, so it stays with its call.
    match settings.fallback:
        case "random":
            action = turn.draw("fallback").choice(turn.legal)
            return Decision(action=action, status=DecisionStatus.FALLBACK, calls=calls)
        case "forfeit":
            return Decision(action=None, status=DecisionStatus.FORFEIT, calls=calls)
        case other:
            assert_never(other)


def _call(
    turn: Turn,
    attempt: int,
    settings: LlmSettings,
    messages: Sequence[Message],
    answer: RecordedCompletion,
    parsed: Parsed,
) -> CallRecord:
    completion = answer.completion
    usage, likelihoods = completion.usage, completion.likelihoods
    chosen = parsed.label if likelihoods is not None else None
    return CallRecord(
        ply=turn.ply,
        seat=turn.place.seat,
        attempt=attempt,
        backend=settings.model.split("_", 1)[0],
        model=settings.model,
        model_served=completion.model_served,
        messages=_written(messages),
        reply=completion.text if chosen is None else chosen,
        reasoning=parsed.reasoning,
        finish_reason=completion.finish_reason.value,
        failure=parsed.failure,
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        cached_tokens=usage.cached_tokens,
        latency_s=completion.latency_s,
        transport_attempts=completion.transport_attempts,
        replayed=answer.replayed,
        likelihoods=None if likelihoods is None else _listed(turn, likelihoods),
        fingerprint=completion.fingerprint,
        maybe_billed=completion.maybe_billed,
    )


def _written(messages: Sequence[Message]) -> str:
    """Return messages as a JSON list, as the standard library writes it."""
    each = (f'{{"role": {quoted(m.role)}, "content": {quoted(m.content)}}}' for m in messages)
    return f"[{', '.join(each)}]"


def _listed(turn: Turn, likelihoods: Mapping[str, float]) -> str:
    """Return likelihoods in the order of the moves; the journal sorts them by name."""
    listed = {label: likelihoods[label] for label in turn.labels}
    return json.dumps(listed, ensure_ascii=False)


def _unsupported_reason(settings: LlmSettings, game: Game) -> str | None:
    return None


def _build(name: str, settings: LlmSettings, tools: Tools) -> LlmAgent:
    template = templates.load(settings.prompt, tools.prompts)
    return LlmAgent(name, settings, template, tools.ask(settings.model))


def _traits(settings: LlmSettings) -> Traits:
    return Traits(draws_luck=_draws_luck(settings))


def _draws_luck(settings: LlmSettings) -> bool | None:
    """Return whether the agent draws luck, or None if its settings do not tell.

    At temperature 0, servers that batch requests may still answer in two ways (He and Thinking
    Machines Lab, "Defeating nondeterminism in LLM inference", 2025). Without a temperature, or with
    a small top_p, the defaults of the model or of the server decide. Only a deterministic engine
    that takes the likeliest token promises equal replies, and a reply without a legal move still
    falls back to a random one unless the agent forfeits.
    """
    scored = Decode(settings.decode) is Decode.SCORE
    if settings.shuffle_labels or (scored and settings.temperature):
        return True
    greedy = settings.temperature == 0 or (scored and settings.temperature is None)
    if greedy and settings.deterministic and settings.fallback == "forfeit":
        return False
    return None


AGENT = AgentKind(
    type="llm",
    settings=LlmSettings,
    unsupported_reason=_unsupported_reason,
    build=_build,
    traits=_traits,
)

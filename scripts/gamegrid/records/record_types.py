"""What one played chunk is made of: one row per run, episode, seat, decision and call.

These are the columns of the chunk files and, by the same names, of the database. A value that
is not known is None, never 0 or an empty string.
"""

from dataclasses import dataclass
from enum import StrEnum


class EpisodeStatus(StrEnum):
    """How an episode ended. ``ERROR`` is transport trouble: in no table, played again."""

    COMPLETE = "complete"
    FORFEITED = "forfeited"
    TRUNCATED = "truncated"
    ERROR = "error"


class DecisionStatus(StrEnum):
    """Whose move it was: the agent's own at once, its own after a rethink, or not its own."""

    OK = "ok"
    RETHOUGHT = "rethought"
    FALLBACK = "fallback"
    FORFEIT = "forfeit"


class Failure(StrEnum):
    """What was wrong with one reply."""

    TRUNCATED = "truncated"
    EMPTY = "empty"
    REFUSED = "refused"
    UNPARSABLE = "unparsable"
    ILLEGAL = "illegal"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One play job: when, with which configuration, code, packages and machine."""

    run_id: str
    started_at: str
    """UTC, ISO 8601 without zone."""
    config: str
    """JSON, as the job read it."""
    code_version: str
    interpreter: str
    packages: str
    """JSON object, name to version."""
    host: str
    """JSON object."""
    wall_s: float | None = None
    """Seconds from the first episode's start to the last one's end; None while playing."""
    gpus: int = 0
    """GPUs the job held."""
    models: str = "{}"
    """JSON object, model id to what answered for it here: see ``provenance.models``."""
    prompts: str = "{}"
    """JSON object, template to the SHA-256 of its text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One request to a model and what came back."""

    ply: int
    seat: int
    attempt: int
    """0 for the first try, then one per rethink."""
    backend: str
    model: str
    model_served: str | None
    messages: str
    """JSON list of {role, content}."""
    reply: str
    reasoning: str | None
    """The thinking of this reply: delivered apart, or cut off from it, or its own key."""
    finish_reason: str
    failure: Failure | None
    prompt_tokens: int | None
    completion_tokens: int | None
    reasoning_tokens: int | None
    cached_tokens: int | None
    latency_s: float | None
    transport_attempts: int
    replayed: bool
    """True if the reply came from the journal and nothing was asked."""
    likelihoods: str | None = None
    """JSON object, label to log-likelihood, of scored calls only; ``reply`` is the label chosen."""
    fingerprint: str | None = None
    """What the provider says of the configuration that answered."""
    maybe_billed: int = 0
    """Failed attempts before this reply that may have been paid for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """One decision of one seat. ``action`` is None only for a forfeit."""

    ply: int
    seat: int
    agent: str
    observation: str
    legal: str
    """JSON list of labels, in the game's own order."""
    action: int | None
    label: str | None
    status: DecisionStatus
    attempts: int
    """Replies asked for; 0 for bots."""
    reasoning: str | None
    latency_s: float | None
    prompt_tokens: int | None
    completion_tokens: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatRecord:
    """One seat of one episode.

    ``return_`` (column ``return``) is None unless the episode is complete. ``score`` and
    ``strict_score`` are in [0, 1] in win_loss games, None elsewhere and in ``error`` episodes.
    ``strict_return`` is in the game's own units: in margin games, the return had the first
    fallback been a forfeit. None elsewhere, in ``error`` episodes, and in ``truncated`` ones
    whose seats all decided for themselves.
    """

    seat: int
    agent: str
    return_: float | None
    normalized_return: float | None
    score: float | None
    strict_score: float | None
    strict_return: float | None
    fallbacks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeRecord:
    """One episode with all that belongs to it."""

    episode_id: str
    run_id: str
    matchup: str
    game: str
    deal: int
    seating: int
    seed: int
    status: EpisodeStatus
    plies: int
    """Decisions of the episode; the opening and chance are not counted."""
    trajectory: str
    """JSON list of every action in order, chance and opening included; a list per joint move."""
    duration_s: float
    error: str | None
    """The cause, for status error only."""
    seats: tuple[SeatRecord, ...]
    decisions: tuple[DecisionRecord, ...]
    calls: tuple[CallRecord, ...]

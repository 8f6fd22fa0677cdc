"""The records that a play job writes: runs, episodes, seats, decisions and calls.

Their fields are the columns of the chunk files and, by the same names, of the database. An unknown
value is None, never 0 or an empty string.
"""

from dataclasses import dataclass
from enum import StrEnum


class Task(StrEnum):
    """What the agents of an episode were asked to do.

    Positions and probes are single moves: one agent holds every seat, and the episode ends after
    one decision.
    """

    EPISODE = "episode"
    """Play a game to its end."""
    POSITION = "position"
    """Make one move in a position of the game's suite."""
    PROBE = "probe"
    """Make one move in an information state, as one sample of the agent's policy."""


class EpisodeStatus(StrEnum):
    """How an episode ended.

    ``ERROR`` means that a model could not be reached: the episode enters no table and is played
    again by the next run.
    """

    COMPLETE = "complete"
    FORFEITED = "forfeited"
    TRUNCATED = "truncated"
    ERROR = "error"


class DecisionStatus(StrEnum):
    """Whose move it was.

    ``OK`` is the agent's own at the first attempt, ``RETHOUGHT`` its own at a later one. A
    ``FALLBACK`` was drawn at random by the harness, and a ``FORFEIT`` made no move.
    """

    OK = "ok"
    RETHOUGHT = "rethought"
    FALLBACK = "fallback"
    FORFEIT = "forfeit"


OWN = frozenset({DecisionStatus.OK, DecisionStatus.RETHOUGHT})
"""What a move is called that the agent chose itself."""


class Failure(StrEnum):
    """Why a reply named no legal move."""

    TRUNCATED = "truncated"
    CONTEXT_OVERFLOW = "context_overflow"
    """The prompt does not fit the model's context, alone or with the reply."""
    EMPTY = "empty"
    REFUSED = "refused"
    UNPARSABLE = "unparsable"
    """It states no answer in the requested form, or can be read in two ways."""
    ILLEGAL = "illegal"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One play job: its time, configuration, code, packages and machine."""

    run_id: str
    started_at: str
    """UTC, ISO 8601 without zone."""
    config: str
    """JSON, as the job read it."""
    code_version: str
    interpreter: str
    packages: str
    """JSON object of package versions by name."""
    host: str
    """JSON object."""
    wall_s: float | None = None
    """Seconds from the first episode's start to the last one's end; None while playing."""
    gpus: int = 0
    """Number of GPUs that the job held."""
    models: str = "{}"
    """JSON object of the models that were asked, by model id; see ``provenance.models``."""
    prompts: str = "{}"
    """JSON object of the SHA-256 of each prompt template, by name."""
    value_function: str | None = None
    """The value function that was on record for the game before its first deal; see
    ``value_record``. None if there was none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One request to a model and its reply."""

    ply: int
    seat: int
    attempt: int
    """0 for the first attempt; each rethink adds 1."""
    backend: str
    model: str
    model_served: str | None
    messages: str
    """JSON list of {role, content}."""
    reply: str
    reasoning: str | None
    """The reply's reasoning: sent in a separate field, cut from the text, or a key of its JSON."""
    finish_reason: str
    failure: Failure | None
    prompt_tokens: int | None
    completion_tokens: int | None
    reasoning_tokens: int | None
    cached_tokens: int | None
    latency_s: float | None
    transport_attempts: int
    replayed: bool
    """True if the reply came from the journal and no model was asked."""
    likelihoods: str | None = None
    """JSON object of log-likelihoods by label, for scored calls only; ``reply`` is then the label
    that was drawn."""
    fingerprint: str | None = None
    """The provider's identifier of the configuration that answered."""
    maybe_billed: int = 0
    """Number of failed attempts before this reply that may have been billed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """One decision of one seat. ``action`` is None for a forfeit and for nothing else."""

    ply: int
    seat: int
    agent: str
    observation: str
    legal: str
    """JSON list of the legal moves' labels, in the game's order."""
    action: int | None
    label: str | None
    status: DecisionStatus
    attempts: int
    """Number of replies that were asked for; 0 for bots."""
    reasoning: str | None
    latency_s: float | None
    prompt_tokens: int | None
    completion_tokens: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatRecord:
    """One seat of one episode.

    ``return_`` (column ``return``) is None unless the episode is complete. ``score`` and
    ``strict_score`` are in [0, 1] in win_loss games; they are None in other games and in ``error``
    episodes. ``strict_return``, in the game's own units, is the return of a margin game if its
    first fallback counts as a forfeit. It is None in other games, in ``error`` episodes, and in
    ``truncated`` episodes without a fallback.
    """

    seat: int
    agent: str
    return_: float | None
    score: float | None
    strict_score: float | None
    strict_return: float | None
    fallbacks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeRecord:
    """One episode, or one single move, with its seats, decisions and calls.

    ``deal`` and ``seating`` say where its luck and its replies are filed. A position has its number
    as the deal. A probe has the number of its sample as the deal and its own as the seating.
    """

    episode_id: str
    task: Task = Task.EPISODE
    run_id: str
    matchup: str
    game: str
    deal: int
    seating: int
    seed: int
    status: EpisodeStatus
    plies: int
    """Number of decisions; opening moves and chance events are not counted."""
    trajectory: str
    """JSON list of every action in order, including chance and the opening; a joint move is a
    nested list."""
    duration_s: float
    error: str | None
    """What went wrong, for status error only."""
    seats: tuple[SeatRecord, ...]
    decisions: tuple[DecisionRecord, ...]
    calls: tuple[CallRecord, ...]

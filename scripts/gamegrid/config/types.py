"""The configuration of a grid, as its YAML file says it."""

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    create_model,
    field_validator,
)
from pydantic_core import PydanticCustomError

from gamegrid import PROTOCOL
from gamegrid.agents.agent import AgentKind, AgentSettings, kinds
from gamegrid.config.names import AGENT_NAME

STRICT = ConfigDict(extra="forbid", frozen=True, strict=True)
WORDS = {"true": True, "false": False}

Switch = Annotated[
    bool,
    BeforeValidator(lambda value: WORDS.get(value, value) if isinstance(value, str) else value),
    WithJsonSchema({"enum": [True, False, *WORDS]}),
]
"""On or off; ``snakemake --config key=true`` hands the word on as text."""


def entry(known: Iterable[AgentKind]) -> Any:
    """The type of an agent's entry; the key ``type`` tells the kinds of agent apart."""
    return Annotated[reduce(or_, (kind.settings for kind in known)), Field(discriminator="type")]


if TYPE_CHECKING:
    AgentEntry = AgentSettings
else:
    # Whatever files lie in agents/. Those in a user's folders are added by ``config_type``.
    AgentEntry = entry(kinds().values())


class Each(BaseModel):
    """Every agent of ``each`` meets every agent of ``against``; copies of it fill further seats."""

    model_config = STRICT

    each: list[str] = Field(min_length=1)
    against: list[str] = Field(min_length=1)


class Matchups(BaseModel):
    """The matchups one by one; each applies to the games of its number of seats."""

    model_config = STRICT

    matchups: list[list[str]] = Field(min_length=1)


def _form(schedule: object) -> str:
    """Which form of schedule is meant, so that a mistake is told in that form's terms."""
    if isinstance(schedule, Each) or (isinstance(schedule, dict) and "each" in schedule):
        return "each"
    if isinstance(schedule, Matchups | dict):
        return "matchups"
    return "word"


Schedule = Annotated[
    Annotated[Literal["round_robin"], Tag("word")]
    | Annotated[Each, Tag("each")]
    | Annotated[Matchups, Tag("matchups")],
    Discriminator(_form),
]


class GridConfig(BaseModel):
    """A grid: agents x games x deals, and how they meet."""

    model_config = STRICT

    seed: int = Field(
        default=42,
        ge=-(2**63),
        lt=2**63,
        description="of all luck; a results folder holds one seed",
    )
    deals: int = Field(
        default=10,
        ge=1,
        description="per matchup and game; each deal is played once in every seating",
    )
    opening_plies: Literal["auto"] | Annotated[int, Field(ge=0)] = Field(
        default="auto",
        description="random opening moves of a deal in games without chance; auto is the game's "
        "own number",
    )
    max_plies: Annotated[int, Field(ge=1)] | None = Field(
        default=None,
        description="decisions until an episode is cut off and adjudicated; left out, the game's "
        "own number",
    )
    seatings: Literal["all", "rotations"] = Field(
        default="all",
        description="orders in which a deal is played: all of them up to 3 seats, or rotations",
    )
    suite: str | None = Field(
        default=None,
        description="a frozen suite such as core-v1: brings games, luck and a ladder of bots with"
        " its results; the grid names only its own agents",
    )
    games: list[str] = Field(
        default=[],
        min_length=1,
        description="aliases of the suite, each with its rules in docs/games.md, or OpenSpiel "
        "load strings",
    )
    plugins: list[str] = Field(
        default=[], description="folders with files that add to gamegrid (docs/extending.md)"
    )
    models: list[str] = Field(
        default=["config/models.yaml"], description="model files, later ones win"
    )
    agents: dict[str, AgentEntry] = Field(
        min_length=1, description="name ([a-z0-9][a-z0-9_.]*) to what it is"
    )
    schedule: Schedule = Field(
        default="round_robin",
        description="round_robin, {each: [...], against: [...]} or {matchups: [[a, b], ...]}",
    )
    self_play: Switch = Field(
        default=False, description="add self-play to a round robin; never ranked"
    )
    positions: int = Field(
        default=0,
        ge=0,
        description="so many positions of each exactly solved game (oracle exact in "
        "docs/games.md), the same for all, in each of which every agent is asked for "
        "one move (table position_quality); they count as no games. 200 are well "
        "spread",
    )
    probes: int = Field(
        default=0,
        ge=0,
        description="so many replies of every agent in each information state of each game with an "
        "equilibrium (12 in kuhn_poker, 162 in goofspiel_4, 936 in leduc_poker, 1,024 in "
        "liars_dice_4): what the best opponent wins from the policy so stated is computed exactly "
        "(table exploitability). An agent with decode: score is asked once and stands there twice, "
        "by its likelihoods and by its likeliest moves",
    )
    chunk: Annotated[int, Field(ge=1)] | None = Field(
        default=None,
        description="deals per job; left out, 2500 for bots, all of them for local engines, and "
        "for hosted models 20, doubled until a job has four episodes for each request that may be "
        "in flight (max_connections, 32 if not given)",
    )
    run_mode: Literal["live", "replay"] = Field(
        default="live",
        description="replay asks no model: a reply that is not in the journal is an error",
    )
    budget_usd: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = Field(
        default=None,
        description="all jobs together begin no deal that would go beyond it; raise it and run "
        "again to go on",
    )
    usd_per_gpu_hour: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = Field(
        default=None,
        description="price of a GPU hour, from which the table latency computes the cost of local "
        "models",
    )
    try_models: Switch = Field(
        default=False, description="with the target check: ask each model one real question"
    )
    protocol: int = Field(
        default=PROTOCOL, description="version of rules texts and play, raised by hand"
    )
    mix_results: Switch = Field(
        default=False, description="allow a results folder of another seed or protocol"
    )

    @field_validator("agents")
    @classmethod
    def _names(cls, agents: dict[str, AgentSettings]) -> dict[str, AgentSettings]:
        for name in agents:
            if not AGENT_NAME.fullmatch(name):
                raise PydanticCustomError(
                    "agent",
                    "the agent name {name} is not allowed: lower-case letters, digits, _ and . "
                    "only, beginning with a letter or digit",
                    {"name": repr(name)},
                )
        return agents


def config_type(known: Iterable[AgentKind]) -> type[GridConfig]:
    """The type of a configuration whose agents are of the ``known`` kinds."""
    agents: Any = (dict[str, entry(known)], Field(min_length=1))  # type: ignore[misc]
    return create_model("GridConfig", __base__=GridConfig, agents=agents)

